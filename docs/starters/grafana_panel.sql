-- A panel of Grafana: calls and what they cost, day by day. Not executed here as a panel: it needs Grafana, whose
-- macros $__timeFilter and $__timeGroup are its own. The tests compare the columns with those that there are.
--
-- Data source: PostgreSQL, with a login that has the role gateway_bi (docs/bi-postgresql.md). Format: Time series.
SELECT
  $__timeGroup(created_at, '1d') AS time,
  count(*) AS calls,
  sum(cost) AS cost,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_seconds) AS p95_seconds
FROM bi.calls
WHERE $__timeFilter(created_at)
GROUP BY 1
ORDER BY 1
