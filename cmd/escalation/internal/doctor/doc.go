// Package doctor looks at the settings with which a CRM calls the Widget Escalation API and is called by it, and says
// what is wrong with them and how to mend it.
//
// # Guarantees
//
//  1. [Check] sends nothing and looks nothing up: the same settings get the same findings. (TestCheckBaseURL, TestCheckKeyAndBot, TestCheckWebhookURL)
//  2. Every setting that is given gets at least one finding, and one that is not given gets exactly one, [Skipped]. (TestEverySettingIsSpokenOf)
//  3. No finding holds the key or the secret, nor a user name or password of a URL. (TestNoSecretIsRepeated)
//  4. [ProbeAPI] names no conversation, so nothing can be shown to a visitor, and sends the key only to a host that has
//     answered like the API before. (TestProbeAPI)
//  5. [ProbeWebhook] sends an event of a name that no API has, so no round begins or ends in a CRM that takes only the
//     events it knows. (TestProbeWebhook)
package doctor
