CREATE TABLE bare (org BLOB, uid BLOB, started_at INTEGER, content BLOB);
CREATE UNIQUE INDEX bare_uid ON bare (org, uid)
