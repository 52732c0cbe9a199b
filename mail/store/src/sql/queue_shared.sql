ALTER TABLE queue ADD COLUMN message TEXT NOT NULL DEFAULT '';
ALTER TABLE queue ADD COLUMN lane BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN origin BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN mailbox UUID;
ALTER TABLE queue ADD COLUMN open_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN reported_at BIGINT;
ALTER TABLE queue ADD COLUMN closed_at BIGINT;
UPDATE queue SET message = 'q' || id, open_count = (SELECT COUNT(*) FROM queue_recipient WHERE queue = queue.id);
CREATE INDEX queue_closed ON queue (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX queue_open ON queue (id) WHERE closed_at IS NULL;
ALTER TABLE queue_recipient ADD COLUMN line TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_recipient ADD COLUMN domain TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_recipient ADD COLUMN state BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue_recipient ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue_recipient ADD COLUMN attempt_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue_recipient ADD COLUMN wish BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue_recipient ADD COLUMN delay_told_at BIGINT;
ALTER TABLE queue_recipient ADD COLUMN last_code BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue_recipient ADD COLUMN last_enhanced TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_recipient ADD COLUMN last_text TEXT NOT NULL DEFAULT '';
ALTER TABLE queue_recipient ADD COLUMN last_host TEXT;
ALTER TABLE queue_recipient ADD COLUMN site TEXT;
ALTER TABLE queue_recipient ADD COLUMN lease_owner UUID;
ALTER TABLE queue_recipient ADD COLUMN lease_token UUID;
ALTER TABLE queue_recipient ADD COLUMN closed_at BIGINT;
UPDATE queue_recipient SET domain = lower(substr(address, length(rtrim(address, replace(address, '@', ''))) + 1));
CREATE INDEX queue_recipient_line ON queue_recipient (line, domain, due_at) WHERE state < 2;
CREATE INDEX queue_recipient_lease ON queue_recipient (lease_owner, lease_token) WHERE state = 1;
CREATE INDEX queue_recipient_resting ON queue_recipient (state, queue, ordinal) WHERE state = 2 OR state = 3;
CREATE TABLE suspension (site TEXT PRIMARY KEY, reason TEXT NOT NULL, since BIGINT NOT NULL);
CREATE TABLE suppression (
    tenant UUID NOT NULL,
    address TEXT NOT NULL,
    code BIGINT NOT NULL,
    enhanced TEXT NOT NULL,
    text TEXT NOT NULL,
    host TEXT,
    since BIGINT NOT NULL,
    PRIMARY KEY (tenant, address)
);
