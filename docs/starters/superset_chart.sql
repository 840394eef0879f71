-- A dataset of Superset (SQL Lab, Save as dataset): what calls cost by day and part. Not executed here as a chart: it
-- needs Superset. The tests compare the columns with those that there are.
--
-- Database: PostgreSQL, with a login that has the role gateway_bi (docs/bi-postgresql.md).
-- Chart: Bar chart; x-axis day, metric SUM(cost), dimension type, stacked.
SELECT
  date_trunc('day', costs.call_created_at, 'Europe/Berlin') AS day,
  costs.type,
  costs.provider,
  calls.ended_reason_category,
  sum(costs.cost) AS cost
FROM bi.costs AS costs
JOIN bi.calls AS calls ON calls.id = costs.call_id
GROUP BY day, costs.type, costs.provider, calls.ended_reason_category
