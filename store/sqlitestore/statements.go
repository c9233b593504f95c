package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// statement names one of the prepared statements.
type statement int

const (
	insertConversation statement = iota
	updateConversation
	insertEvent
	updateEvent
	replaceBody
	resolveEvent
	insertRepair
	insertMessage
	takeMessage

	selectSnapshot
	selectHistory
	selectParked
	selectDue
	claimDue
	releaseBot
	releaseAll
	selectFinished
	deleteConversation
	deleteEvents
	deleteRepairs
	deleteMessages

	numStatements
)

// The columns of a part of a snapshot, in the order in which they are written and read.
var (
	conversationColumns = list("revision round accepted acknowledged last head not_before held_since broken maybe_over " +
		"parked parked_number parked_cause queue_position queue_waiting queue_at queue_told " +
		"inbox_last inbox_escalate inbox_end inbox_tries inbox_not_before seq")
	eventColumns = list("number round kind deadline attempts unknown spent free begun " +
		"accepted_at caller_key digest body result cause marked status resolved_at")
	// counterColumns are those of an event that change while it is pending.
	counterColumns = list("round kind deadline attempts unknown spent free begun")
	messageColumns = list("number round from_state to_state kind body delivery_id received_at taken")
	repairColumns  = list("number at verb by why")
)

// width is the number of columns that every part of a snapshot is filled up to.
var width = len(conversationColumns)

const (
	thisConversation = " (SELECT id FROM escalation_conversation WHERE bot = ? AND conversation = ?) "
	// ofConversation follows the name of a table whose rows belong to conversation (?1, ?2).
	ofConversation = " AS r JOIN escalation_conversation AS c ON r.conversation = c.id WHERE c.bot = ?1 AND c.conversation = ?2 AND "
)

// texts are the statements. Those on one conversation end in bot and conversation, with what else identifies the row after it.
var texts = [numStatements]string{
	insertConversation: "INSERT INTO escalation_conversation (" + join("", conversationColumns) +
		", due_at, held, changed_at, bot, conversation) VALUES (" + marks(len(conversationColumns)+5) +
		") ON CONFLICT (bot, conversation) DO NOTHING",
	updateConversation: "UPDATE escalation_conversation SET " + assign(conversationColumns) +
		", due_at = ?, held = ?, changed_at = ? WHERE bot = ? AND conversation = ? AND revision = ?",
	insertEvent: "INSERT INTO escalation_event (" + join("", eventColumns) + ", conversation) VALUES (" +
		marks(len(eventColumns)) + "," + thisConversation + ")",
	updateEvent: "UPDATE escalation_event SET " + assign(counterColumns) + " WHERE conversation =" + thisConversation + "AND number = ? AND result IS NULL",
	replaceBody: "UPDATE escalation_event SET body = ? WHERE conversation =" + thisConversation +
		"AND number = ? AND result IS NULL",
	resolveEvent: "UPDATE escalation_event SET " + assign(counterColumns) +
		", result = ?, cause = ?, marked = ?, status = ?, resolved_at = ?, body = CASE WHEN ? THEN NULL ELSE body END" +
		" WHERE conversation =" + thisConversation + "AND number = ? AND result IS NULL",
	insertRepair: "INSERT INTO escalation_repair (" + join("", repairColumns) + ", conversation) VALUES (" +
		marks(len(repairColumns)) + "," + thisConversation + ")",
	insertMessage: "INSERT INTO escalation_message (" + join("", messageColumns) + ", conversation) VALUES (" +
		marks(len(messageColumns)) + "," + thisConversation + ")",
	takeMessage: "UPDATE escalation_message SET taken = 1, body = NULL WHERE conversation =" + thisConversation + "AND number = ?",

	// One statement sees one state of the database, without a transaction. ?3 is a caller key, ?4 a delivery id.
	selectSnapshot: part(partConversation, conversationColumns, "c.") +
		" FROM escalation_conversation AS c WHERE c.bot = ?1 AND c.conversation = ?2" +
		" UNION ALL " + part(partPending, eventColumns, "r.") +
		" FROM escalation_event" + ofConversation + "r.number >= c.head AND r.result IS NULL" +
		" UNION ALL " + part(partInbox, messageColumns, "r.") +
		" FROM escalation_message" + ofConversation + "r.taken = 0" +
		" UNION ALL " + part(partKeyed, eventColumns, "r.") +
		" FROM escalation_event" + ofConversation + "r.caller_key = ?3" +
		" UNION ALL " + part(partRepair, repairColumns, "p.") +
		" FROM escalation_repair AS p JOIN escalation_event AS r ON p.conversation = r.conversation AND p.number = r.number" +
		" JOIN escalation_conversation AS c ON r.conversation = c.id" +
		" WHERE c.bot = ?1 AND c.conversation = ?2 AND r.caller_key = ?3" +
		" UNION ALL " + part(partDelivered, messageColumns, "r.") +
		" FROM escalation_message" + ofConversation + "r.delivery_id = ?4",
	// ?3 is the number after which it begins, ?4 the limit. CROSS JOIN keeps the order: from the entries to their repairs.
	selectHistory: "WITH e AS MATERIALIZED (SELECT r.* FROM escalation_event" + ofConversation + "r.number > ?3 ORDER BY r.number LIMIT ?4) " +
		part(partKeyed, eventColumns, "e.") + " FROM e UNION ALL " + part(partRepair, repairColumns, "p.") +
		" FROM e CROSS JOIN escalation_repair AS p ON p.conversation = e.conversation AND p.number = e.number",
	selectParked: "SELECT bot, conversation FROM escalation_conversation WHERE parked IS NOT NULL AND (bot, conversation) > (?, ?)" +
		" ORDER BY bot, conversation LIMIT ?",

	selectDue: "SELECT id, bot, conversation, due_at FROM escalation_conversation WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT ?",
	claimDue:  "UPDATE escalation_conversation SET due_at = ?, held = 1 WHERE id = ?",
	releaseBot: "UPDATE escalation_conversation SET due_at = ?1, held = 0 WHERE id IN" +
		" (SELECT id FROM escalation_conversation WHERE held = 1 AND bot = ?3 AND (due_at IS NULL OR due_at > ?1) LIMIT ?2)",
	releaseAll: "UPDATE escalation_conversation SET due_at = ?1, held = 0 WHERE id IN" +
		" (SELECT id FROM escalation_conversation WHERE held = 1 AND (due_at IS NULL OR due_at > ?1) LIMIT ?2)",
	selectFinished: "SELECT id FROM escalation_conversation AS c WHERE acknowledged IN ('ended', 'failed') AND head IS NULL" +
		" AND changed_at < ? AND NOT EXISTS (SELECT 1 FROM escalation_message AS m WHERE m.conversation = c.id AND m.taken = 0)" +
		" ORDER BY changed_at LIMIT ?",
	deleteConversation: "DELETE FROM escalation_conversation WHERE id = ?",
	deleteEvents:       "DELETE FROM escalation_event WHERE conversation = ?",
	deleteRepairs:      "DELETE FROM escalation_repair WHERE conversation = ?",
	deleteMessages:     "DELETE FROM escalation_message WHERE conversation = ?",
}

func list(names string) []string { return strings.Fields(names) }

func join(prefix string, columns []string) string {
	return prefix + strings.Join(columns, ", "+prefix)
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func assign(columns []string) string { return strings.Join(columns, " = ?, ") + " = ?" }

// part begins a SELECT of columns behind the number of their part, with NULL up to the common width.
func part(number int, columns []string, prefix string) string {
	return fmt.Sprintf("SELECT %d, ", number) + join(prefix, columns) + strings.Repeat(", NULL", width-len(columns))
}

// prepared holds the statements, made ready on a connection or a pool.
type prepared [numStatements]*sql.Stmt

func prepare(ctx context.Context, on interface {
	PrepareContext(context.Context, string) (*sql.Stmt, error)
}) (p prepared, err error) {
	for i, text := range texts {
		if p[i], err = on.PrepareContext(ctx, text); err != nil {
			return p, errors.Join(fmt.Errorf("prepare: %w", err), p.close())
		}
	}
	return p, nil
}

func (p *prepared) close() error {
	var errs []error
	for _, s := range p {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// session gives the statements of a connection or a transaction.
type session func(statement) *sql.Stmt

// exec returns how many rows a statement changed.
func (s session) exec(ctx context.Context, n statement, args ...any) (int64, error) {
	result, err := s(n).ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// one executes a statement that has to change one row.
func (s session) one(ctx context.Context, n statement, args ...any) error {
	rows, err := s.exec(ctx, n, args...)
	if err == nil && rows != 1 {
		err = errDisagrees
	}
	return err
}

// errDisagrees: what a change says of events and webhooks is not what the store has.
var errDisagrees = errors.New("the change names an event or a webhook that is not there, or not pending")
