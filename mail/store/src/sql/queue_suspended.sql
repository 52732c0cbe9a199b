-- What rests for a suspended site is looked at each minute, the oldest look first.
CREATE INDEX queue_recipient_suspended ON queue_recipient (due_at) WHERE state = 3;
