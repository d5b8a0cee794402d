-- +goose Up

-- Facts about the database itself, such as the proof of its master key.
CREATE TABLE facts (
	name  TEXT COLLATE "C" PRIMARY KEY,
	value BYTEA NOT NULL
);

-- The bookkeeping of one organisation: its keys, the number of its newest version, its tombstones and day cells.
CREATE TABLE spaces (
	org           UUID PRIMARY KEY,
	seal          BYTEA NOT NULL,
	seq           BIGINT NOT NULL DEFAULT 0,
	gone          BIGINT NOT NULL DEFAULT 0,
	logged        BIGINT NOT NULL DEFAULT 0,
	step          BIGINT NOT NULL DEFAULT 0,
	grid          BIGINT NOT NULL DEFAULT 0,
	zone          TEXT COLLATE "C" NOT NULL,
	complete_from BIGINT NOT NULL,
	gap_version   BIGINT NOT NULL DEFAULT 0,
	gap_through   BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE conversations (
	id         BIGINT GENERATED ALWAYS AS IDENTITY,
	org        UUID NOT NULL,
	uid        UUID NOT NULL,
	seq        BIGINT NOT NULL,
	started_at BIGINT NOT NULL,
	platform   SMALLINT NOT NULL,
	handler    SMALLINT NOT NULL,
	sentiment  SMALLINT NOT NULL,
	priority   SMALLINT NOT NULL,
	outcome    SMALLINT NOT NULL,
	reason     SMALLINT NOT NULL,
	escalated  SMALLINT NOT NULL,
	ai_handled SMALLINT NOT NULL,
	csat       SMALLINT,
	topic      TEXT COLLATE "C" NOT NULL,
	subtopic   BIGINT,
	agent      BIGINT,
	customer   BIGINT,
	messages   BIGINT NOT NULL,
	cell       BYTEA NOT NULL,
	content    BYTEA NOT NULL,
	PRIMARY KEY (org, uid)
);
-- Content is sealed and so does not compress: large values are kept apart as they are.
ALTER TABLE conversations ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX conversations_id ON conversations (org, id);
CREATE INDEX conversations_seq ON conversations (org, seq);
-- The listing answers every filter but the customer's from this index alone.
CREATE INDEX conversations_listing ON conversations (org, started_at, uid DESC)
	INCLUDE (platform, handler, sentiment, priority, outcome, reason, escalated, ai_handled, csat, topic, subtopic, agent);
-- Customers come in no order: by fortnight first, only the pages of the fortnight are written to. With the topic, the
-- index alone tells whether a customer came back.
CREATE INDEX conversations_customer ON conversations (org, (started_at / 1209600000000), customer, topic) WHERE customer IS NOT NULL;

-- What is left of conversations whose text has expired: when they began and what they count.
CREATE TABLE remains (
	org        UUID NOT NULL,
	started_at BIGINT NOT NULL,
	cell       BYTEA NOT NULL
);
CREATE INDEX remains_started ON remains (org, started_at);

-- Keyed fingerprints of conversations that were deleted (1) or have expired (2).
CREATE TABLE tombstones (
	org  UUID NOT NULL,
	mark BYTEA NOT NULL,
	kind SMALLINT NOT NULL,
	at   BIGINT NOT NULL,
	PRIMARY KEY (org, mark)
);

-- Requests that may be repeated, by a hash of route and token.
CREATE TABLE onces (
	org    UUID NOT NULL,
	mark   BYTEA NOT NULL,
	body   BYTEA NOT NULL,
	effect TEXT COLLATE "C" NOT NULL,
	at     BIGINT NOT NULL,
	PRIMARY KEY (org, mark)
);
CREATE INDEX onces_at ON onces (org, at);

-- Cells of one view and stretch of time are one row, in parts if they are many. Log cells are apart behind the others:
-- whoever asks for no quantiles does not read them.
CREATE TABLE cells (
	org   UUID NOT NULL,
	view  INTEGER NOT NULL,
	start BIGINT NOT NULL,
	part  INTEGER NOT NULL,
	sums  BYTEA NOT NULL,
	logs  BYTEA NOT NULL,
	PRIMARY KEY (org, view, start, part)
) WITH (fillfactor = 80);

-- What recent writes have still to add to the cells.
CREATE TABLE cell_log (
	org     UUID NOT NULL,
	step    BIGINT NOT NULL,
	entries BYTEA NOT NULL,
	PRIMARY KEY (org, step)
);
-- Entries are soon read and removed again, which compressing them would cost more than it saves.
ALTER TABLE cell_log ALTER COLUMN entries SET STORAGE EXTERNAL;

-- The search index: segments of a day, and in parts which of their rows hold which words.
CREATE TABLE segments (
	org    UUID NOT NULL,
	day    BIGINT NOT NULL,
	number BIGINT NOT NULL,
	size   INTEGER NOT NULL,
	bits   INTEGER NOT NULL,
	rows   BYTEA NOT NULL,
	PRIMARY KEY (org, day, number)
);

CREATE TABLE postings (
	org    UUID NOT NULL,
	day    BIGINT NOT NULL,
	number BIGINT NOT NULL,
	part   INTEGER NOT NULL,
	lists  BYTEA NOT NULL,
	PRIMARY KEY (org, day, number, part)
);
-- Lists are read a part at a time and hardly compress.
ALTER TABLE postings ALTER COLUMN lists SET STORAGE EXTERNAL;
ALTER TABLE segments ALTER COLUMN rows SET STORAGE EXTERNAL;

CREATE TABLE search_state (
	org     UUID PRIMARY KEY,
	through BIGINT NOT NULL,
	at      BIGINT NOT NULL
);

CREATE TABLE gaps (
	org              UUID NOT NULL,
	id               BIGINT NOT NULL,
	language         TEXT COLLATE "C" NOT NULL,
	alias_of         BIGINT NOT NULL,
	example          UUID NOT NULL,
	resolved_at      BIGINT NOT NULL,
	evidence_expired SMALLINT NOT NULL,
	history          TEXT COLLATE "C" NOT NULL,
	words            BYTEA NOT NULL,
	PRIMARY KEY (org, id)
);
CREATE INDEX gaps_example ON gaps (org, example);

CREATE TABLE gap_links (
	org          UUID NOT NULL,
	conversation UUID NOT NULL,
	gap          BIGINT NOT NULL,
	topic        TEXT COLLATE "C" NOT NULL,
	at           BIGINT NOT NULL,
	failures     TEXT COLLATE "C" NOT NULL,
	question     BYTEA NOT NULL,
	PRIMARY KEY (org, conversation)
);
CREATE INDEX gap_links_gap ON gap_links (org, gap, at, conversation);

CREATE TABLE orgs (
	id         UUID PRIMARY KEY,
	address    TEXT COLLATE "C" NOT NULL UNIQUE,
	name       TEXT COLLATE "C" NOT NULL,
	plan       TEXT COLLATE "C" NOT NULL,
	created_at BIGINT NOT NULL,
	settings   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE api_keys (
	id         TEXT COLLATE "C" PRIMARY KEY,
	org        UUID NOT NULL,
	prefix     TEXT COLLATE "C" NOT NULL,
	hash       BYTEA NOT NULL,
	name       TEXT COLLATE "C" NOT NULL,
	role       TEXT COLLATE "C" NOT NULL,
	created_at BIGINT NOT NULL,
	revoked_at BIGINT NOT NULL
);
CREATE INDEX api_keys_org ON api_keys (org, created_at);
CREATE INDEX api_keys_prefix ON api_keys (prefix);

CREATE TABLE leases (
	name   TEXT COLLATE "C" PRIMARY KEY,
	holder TEXT COLLATE "C" NOT NULL,
	until  BIGINT NOT NULL
);

CREATE TABLE cursors (
	org      UUID NOT NULL,
	job      TEXT COLLATE "C" NOT NULL,
	position TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (org, job)
);

CREATE TABLE ledger_lines (
	org       UUID NOT NULL,
	seq       BIGINT NOT NULL,
	period    TEXT COLLATE "C" NOT NULL,
	kind      TEXT COLLATE "C" NOT NULL,
	ref       TEXT COLLATE "C" NOT NULL,
	topic     TEXT COLLATE "C" NOT NULL,
	amount    BIGINT NOT NULL,
	currency  TEXT COLLATE "C" NOT NULL,
	model     TEXT COLLATE "C" NOT NULL,
	rate      TEXT COLLATE "C" NOT NULL,
	corrects  TEXT COLLATE "C" NOT NULL,
	posted_at BIGINT NOT NULL,
	prev      BYTEA NOT NULL,
	hash      BYTEA NOT NULL,
	PRIMARY KEY (org, seq)
);
CREATE INDEX ledger_lines_period ON ledger_lines (org, period);
CREATE INDEX ledger_lines_ref ON ledger_lines (org, ref);

CREATE TABLE ledger_closings (
	org        UUID NOT NULL,
	period     TEXT COLLATE "C" NOT NULL,
	closed_at  BIGINT NOT NULL,
	terms      TEXT COLLATE "C" NOT NULL,
	ai_cost    BIGINT NOT NULL,
	human_cost BIGINT NOT NULL,
	head_seq   BIGINT NOT NULL,
	head_hash  BYTEA NOT NULL,
	PRIMARY KEY (org, period)
);
