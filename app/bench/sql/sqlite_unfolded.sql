SELECT COUNT(*) FROM cell_log
