ALTER TABLE queue ADD COLUMN home UUID;
ALTER TABLE passage ADD COLUMN domain UUID;
ALTER TABLE passage ADD COLUMN folder TEXT;
ALTER TABLE passage ADD COLUMN reasons TEXT NOT NULL DEFAULT '';
ALTER TABLE passage ADD COLUMN message_id TEXT;
CREATE INDEX passage_domain ON passage (tenant, domain, id) WHERE domain IS NOT NULL;
CREATE INDEX passage_sender ON passage (tenant, lower(sender), id) WHERE sender IS NOT NULL;
CREATE INDEX passage_recipient ON passage (tenant, lower(recipient), id) WHERE recipient IS NOT NULL;
CREATE INDEX passage_message_id ON passage (tenant, message_id) WHERE message_id IS NOT NULL;
