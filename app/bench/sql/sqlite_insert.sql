INSERT INTO bare (org, uid, started_at, content) VALUES (?, ?, ?, ?)
