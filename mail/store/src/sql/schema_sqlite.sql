CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant UUID NOT NULL,
    mailbox UUID NOT NULL,
    modseq BIGINT NOT NULL DEFAULT 0,
    size BIGINT NOT NULL DEFAULT 0,
    message_count BIGINT NOT NULL DEFAULT 0,
    purge_after BIGINT,
    UNIQUE (tenant, mailbox)
);
CREATE TABLE folder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox BIGINT NOT NULL,
    name TEXT NOT NULL,
    uid_next BIGINT NOT NULL DEFAULT 1,
    highest_modseq BIGINT NOT NULL,
    message_count BIGINT NOT NULL DEFAULT 0,
    unseen_count BIGINT NOT NULL DEFAULT 0,
    deleted_count BIGINT NOT NULL DEFAULT 0,
    size BIGINT NOT NULL DEFAULT 0,
    special_use BIGINT,
    log_from BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX folder_name ON folder (mailbox, name) WHERE deleted_at IS NULL;
CREATE INDEX folder_deleted ON folder (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE TABLE subscription (mailbox BIGINT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (mailbox, name)) WITHOUT ROWID;
CREATE TABLE blob (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BYTEA NOT NULL UNIQUE,
    size BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    summary BYTEA NOT NULL,
    octets BYTEA NOT NULL
);
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox BIGINT NOT NULL,
    blob BIGINT NOT NULL,
    prefix BYTEA NOT NULL,
    size BIGINT NOT NULL,
    internal_date BIGINT NOT NULL
);
CREATE INDEX message_blob ON message (blob);
CREATE INDEX message_mailbox ON message (mailbox);
CREATE TABLE entry (
    folder BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    message BIGINT NOT NULL,
    flags BIGINT NOT NULL,
    keywords TEXT,
    modseq BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (folder, uid)
) WITHOUT ROWID;
CREATE INDEX entry_modseq ON entry (folder, modseq);
CREATE INDEX entry_message ON entry (message);
CREATE TABLE vanished (
    folder BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    PRIMARY KEY (folder, modseq, uid)
) WITHOUT ROWID;
CREATE TABLE signature (message INTEGER PRIMARY KEY, octets BYTEA NOT NULL);
CREATE TABLE queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant UUID NOT NULL,
    sender TEXT,
    blob BIGINT NOT NULL,
    size BIGINT NOT NULL,
    ret TEXT,
    envelope_id TEXT,
    queued_at BIGINT NOT NULL
);
CREATE INDEX queue_tenant ON queue (tenant, id);
CREATE INDEX queue_blob ON queue (blob);
CREATE TABLE queue_recipient (
    queue BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    address TEXT NOT NULL,
    notify TEXT,
    original TEXT,
    PRIMARY KEY (queue, ordinal)
) WITHOUT ROWID;
