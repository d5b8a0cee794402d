SELECT handler, COUNT(*), SUM(escalated), COUNT(csat), AVG(csat) FROM conversations
WHERE org = ? AND started_at >= ? AND started_at < ? GROUP BY handler
