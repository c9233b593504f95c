-- Instants are whole microseconds since 1970 in UTC; NULL is none. States, kinds, results and reasons are names.

CREATE TABLE escalation_conversation (
	id               INTEGER PRIMARY KEY,
	bot              TEXT    NOT NULL,
	conversation     TEXT    NOT NULL,
	revision         INTEGER NOT NULL, -- counts the commits
	round            INTEGER NOT NULL,
	accepted         TEXT    NOT NULL, -- state that new events are checked against
	acknowledged     TEXT    NOT NULL, -- state that the API has agreed to
	last             INTEGER NOT NULL, -- number of the last accepted event
	head             INTEGER,          -- number of the first event without a result
	not_before       INTEGER,          -- no attempt begins earlier
	held_since       INTEGER,          -- no event ages since then
	broken           INTEGER NOT NULL, -- number of the event without whose effect later ones cannot go on; 0 if none
	maybe_over       INTEGER NOT NULL, -- 1: an end that was given up may have arrived
	parked           TEXT,             -- why it waits for a person; NULL if it does not
	parked_number    INTEGER NOT NULL,
	parked_cause     INTEGER NOT NULL,
	queue_position   TEXT    NOT NULL, -- what the visitor was told of the queue in this round
	queue_waiting    TEXT    NOT NULL,
	queue_at         INTEGER,
	queue_told       TEXT    NOT NULL, -- the last position told
	inbox_last       INTEGER NOT NULL, -- number of the last webhook received
	inbox_escalate   INTEGER NOT NULL, -- 1: the host has taken this round's widgetEscalate
	inbox_end        INTEGER NOT NULL, -- 1: the host has taken this round's widgetEndSession
	inbox_tries      INTEGER NOT NULL,
	inbox_not_before INTEGER,
	seq              INTEGER NOT NULL, -- number of the last observation
	due_at           INTEGER,          -- when it is to be claimed; NULL: not at all
	held             INTEGER NOT NULL, -- 1: it can be made due at once
	changed_at       INTEGER NOT NULL  -- time of the last commit
) STRICT;

CREATE UNIQUE INDEX escalation_conversation_key ON escalation_conversation (bot, conversation);
CREATE INDEX escalation_conversation_due ON escalation_conversation (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX escalation_conversation_held ON escalation_conversation (bot) WHERE held = 1;
CREATE INDEX escalation_conversation_parked ON escalation_conversation (bot, conversation) WHERE parked IS NOT NULL;
CREATE INDEX escalation_conversation_finished ON escalation_conversation (changed_at)
	WHERE acknowledged IN ('ended', 'failed') AND head IS NULL;

CREATE TABLE escalation_event (
	conversation INTEGER NOT NULL, -- escalation_conversation.id
	number       INTEGER NOT NULL,
	round        INTEGER NOT NULL,
	kind         TEXT    NOT NULL,
	deadline     INTEGER,          -- no attempt begins later
	attempts     INTEGER NOT NULL, -- begun so far
	unknown      INTEGER NOT NULL, -- attempts that ended unknown
	spent        INTEGER NOT NULL, -- those of them that count since the last repair
	free         INTEGER NOT NULL, -- attempts since the last repair that certainly did not arrive
	begun        INTEGER NOT NULL, -- 1: an attempt is under way
	accepted_at  INTEGER,
	caller_key   TEXT,
	digest       BLOB,             -- SHA-256 of the body, with a caller key
	body         BLOB,             -- dropped when the event is acknowledged
	result       TEXT,             -- NULL: pending
	cause        INTEGER NOT NULL, -- number of the event that is to blame for the result
	marked       INTEGER NOT NULL, -- 1: acknowledged by the word of an operator
	status       INTEGER NOT NULL, -- of the last answer; 0 if none came
	resolved_at  INTEGER,
	PRIMARY KEY (conversation, number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX escalation_event_caller_key ON escalation_event (conversation, caller_key)
	WHERE caller_key IS NOT NULL;

CREATE TABLE escalation_repair (
	id           INTEGER PRIMARY KEY,
	conversation INTEGER NOT NULL,
	number       INTEGER NOT NULL, -- of the event
	at           INTEGER,
	verb         TEXT    NOT NULL,
	by           TEXT    NOT NULL,
	why          TEXT    NOT NULL
) STRICT;

CREATE INDEX escalation_repair_event ON escalation_repair (conversation, number);

CREATE TABLE escalation_message (
	conversation INTEGER NOT NULL,
	number       INTEGER NOT NULL,
	round        INTEGER NOT NULL,
	from_state   TEXT    NOT NULL,
	to_state     TEXT    NOT NULL,
	kind         TEXT    NOT NULL,
	body         BLOB,             -- dropped when the host has taken the message
	delivery_id  TEXT,
	received_at  INTEGER,
	taken        INTEGER NOT NULL,
	PRIMARY KEY (conversation, number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX escalation_message_delivery_id ON escalation_message (conversation, delivery_id)
	WHERE delivery_id IS NOT NULL;
CREATE INDEX escalation_message_untaken ON escalation_message (conversation, number) WHERE taken = 0;
