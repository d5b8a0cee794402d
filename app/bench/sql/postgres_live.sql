SELECT handler, COUNT(*), SUM(escalated), COUNT(csat), AVG(csat)::float8 FROM conversations
WHERE org = $1 AND started_at >= $2 AND started_at < $3 GROUP BY handler
