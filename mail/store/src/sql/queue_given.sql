ALTER TABLE queue_recipient ADD COLUMN given TEXT;
