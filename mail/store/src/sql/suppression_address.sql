CREATE INDEX suppression_address ON suppression (address, tenant);
