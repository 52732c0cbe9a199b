ALTER TABLE suppression ADD COLUMN cause TEXT NOT NULL DEFAULT 'ordered';
ALTER TABLE suppression ADD COLUMN expires_at BIGINT;
UPDATE suppression SET cause = 'complaint' WHERE code = 0 AND text LIKE 'complaint:%';
UPDATE suppression SET cause = 'no_such_address', expires_at = since + 7776000000 WHERE code >= 500;
CREATE INDEX suppression_expiry ON suppression (expires_at) WHERE expires_at IS NOT NULL;
