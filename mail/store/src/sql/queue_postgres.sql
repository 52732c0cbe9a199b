UPDATE queue_recipient SET line = (SELECT replace(tenant::text, '-', '') FROM queue WHERE queue.id = queue_recipient.queue) || '0';
CREATE TABLE passage (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant UUID NOT NULL,
    mailbox UUID,
    message TEXT NOT NULL,
    direction BIGINT NOT NULL,
    at BIGINT NOT NULL,
    stage TEXT NOT NULL,
    sender TEXT,
    recipient TEXT,
    code BIGINT,
    enhanced TEXT,
    text TEXT,
    host TEXT,
    next_at BIGINT
);
CREATE INDEX passage_tenant ON passage (tenant, id);
CREATE INDEX passage_message ON passage (tenant, message, id);
CREATE INDEX passage_mailbox ON passage (tenant, mailbox, id);
CREATE INDEX passage_at ON passage (at);
