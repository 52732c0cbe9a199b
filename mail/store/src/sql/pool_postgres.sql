CREATE TABLE pool (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant UUID NOT NULL,
    domain UUID NOT NULL,
    size BIGINT NOT NULL DEFAULT 0,
    message_count BIGINT NOT NULL DEFAULT 0,
    UNIQUE (tenant, domain)
);
ALTER TABLE mailbox ADD COLUMN pool BIGINT;
CREATE INDEX mailbox_pool ON mailbox (pool) WHERE pool IS NOT NULL;
