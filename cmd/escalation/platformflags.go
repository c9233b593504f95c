package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/webhook"
)

// Where a key and a secret may stand instead of on the command line, which other users of the machine can read.
const (
	keyVariable    = "ESCALATION_API_KEY"
	secretVariable = "ESCALATION_SECRET"
)

// platformFlags are the flags of a command that plays the platform. Read the fields after resolve.
type platformFlags struct {
	addr    string
	bot     string
	key     string
	webhook string // empty: not given
	desk    string // empty: not given
	*signingFlags
}

// addPlatform gives cmd the flags of a platform that listens on addr unless told otherwise.
func addPlatform(cmd *cobra.Command, addr string) *platformFlags {
	f := &platformFlags{}
	fs := cmd.Flags()
	fs.StringVar(&f.addr, "addr", addr, "loopback `HOST:PORT` to listen on; port 0 takes a free one")
	fs.StringVar(&f.bot, "bot", "my-bot", "bot `ID` that the CRM is to send")
	fs.StringVar(&f.key, "key", "", "API `KEY` that the CRM is to send (default: $"+keyVariable+", or my-key)")
	fs.StringVar(&f.webhook, "webhook", "", "`URL` of the CRM's webhook (default: a demo CRM started inside)")
	fs.StringVar(&f.desk, "desk", "", "`URL` of the CRM's desk interface, through which its agent is played")
	f.signingFlags = addSigning(cmd)
	return f
}

// resolve fills in what the environment holds, and reports every problem of the flags.
func (f *platformFlags) resolve() error {
	if f.key == "" {
		f.key = os.Getenv(keyVariable)
	}
	if f.key == "" {
		f.key = "my-key"
	}
	problems := []error{checkLoopback(f.addr)}
	if f.webhook != "" {
		problems = append(problems, checkURL("--webhook", f.webhook))
	}
	switch {
	case f.desk == "":
	case f.webhook == "":
		problems = append(problems, errors.New("--desk goes with --webhook: the demo CRM has its own"))
	default:
		problems = append(problems, checkURL("--desk", f.desk))
	}
	return errors.Join(problems...)
}

// checkLoopback refuses an address that others could reach: what plays the platform protects nothing but itself.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("--addr: %q is not a loopback address such as 127.0.0.1", host)
	}
	return nil
}

// checkURL refuses what nobody could post to. Its errors repeat no more of the URL than its scheme and host.
func checkURL(flag, raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return fmt.Errorf("%s: not a URL", flag)
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return fmt.Errorf("%s: not an absolute http or https URL", flag)
	case u.Port() != "" && !portNumber(u.Port()):
		return fmt.Errorf("%s: %s: a port is a number from 1 to 65535", flag, u.Host)
	case u.User != nil:
		return fmt.Errorf("%s: %s: a URL must not hold a user name or password", flag, u.Host)
	case u.Fragment != "":
		return fmt.Errorf("%s: %s: a URL to post to has no fragment", flag, u.Host)
	}
	return nil
}

func portNumber(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// signingFlags say how webhooks are authenticated. The vendor documents no header, so none is assumed.
type signingFlags struct {
	secret, secretHeader, signatureHeader string
	encoding                              *choice
	changed                               func(flag string) bool
}

// addSigning gives cmd the flags that say how webhooks are authenticated.
func addSigning(cmd *cobra.Command) *signingFlags {
	f := &signingFlags{changed: cmd.Flags().Changed}
	fs := cmd.Flags()
	fs.StringVar(&f.secret, "secret", "", "webhook `SECRET` (default: $"+secretVariable+")")
	fs.StringVar(&f.secretHeader, "secret-header", "", "`NAME` of the header that carries the secret itself")
	fs.StringVar(&f.signatureHeader, "signature-header", "", "`NAME` of the header that carries the HMAC-SHA256 of the body, made with the secret")
	f.encoding = addChoice(cmd, "signature-encoding", "how the signature is written",
		webhook.Hex.String(), webhook.HexPrefixed.String(), webhook.Base64.String(), webhook.Base64URL.String())
	return f
}

// signing is how the webhooks of one run are authenticated.
type signing struct {
	sign     fakeapi.Signer   // nil: by nothing
	verifier webhook.Verifier // accepts exactly what sign made; everything if sign is nil
}

// signing builds what the flags say, or reports what is wrong with them. No error holds the secret.
func (f *signingFlags) signing() (signing, error) {
	secret := f.secret
	if secret == "" && (f.secretHeader != "" || f.signatureHeader != "") {
		secret = os.Getenv(secretVariable)
	}
	switch {
	case f.changed("signature-encoding") && f.signatureHeader == "":
		return signing{}, errors.New("--signature-encoding goes with --signature-header")
	case f.secretHeader != "" && f.signatureHeader != "":
		return signing{}, errors.New("--secret-header and --signature-header exclude each other")
	case f.secretHeader != "":
		return sharedSecret(f.secretHeader, secret)
	case f.signatureHeader != "":
		return hmacSHA256(f.signatureHeader, f.encoding.value, secret)
	case secret != "":
		return signing{}, errors.New("--secret needs --secret-header or --signature-header: the vendor documents no header for it")
	}
	return signing{verifier: webhook.NoVerification()}, nil
}

func sharedSecret(header, secret string) (signing, error) {
	accept, err := webhook.SharedSecret(header, secret)
	if err != nil {
		return signing{}, fmt.Errorf("--secret, --secret-header: %w", err)
	}
	sign, err := fakeapi.SharedSecretSigner(header, secret)
	return signing{sign, accept}, err
}

// encodings are those of the platform by the names of package webhook.
var encodings = map[webhook.Encoding]fakeapi.Encoding{
	webhook.Hex:         fakeapi.HexEncoding,
	webhook.HexPrefixed: fakeapi.HexPrefixedEncoding,
	webhook.Base64:      fakeapi.Base64Encoding,
	webhook.Base64URL:   fakeapi.Base64URLEncoding,
}

func hmacSHA256(header, encoding, secret string) (signing, error) {
	var enc webhook.Encoding
	if err := enc.UnmarshalText([]byte(encoding)); err != nil {
		return signing{}, err
	}
	accept, err := webhook.HMACSHA256(header, enc, secret)
	if err != nil {
		return signing{}, fmt.Errorf("--secret, --signature-header: %w", err)
	}
	sign, err := fakeapi.HMACSHA256Signer(header, secret, encodings[enc])
	return signing{sign, accept}, err
}
