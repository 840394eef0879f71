# Cells for DuckDB. Executed by the tests (tests/docs/test_starters.py).
# %% Where the gateway is, and a key with calls:read, customers:read and export (docs/bi.md)
import os
import shutil
import tempfile
import urllib.request
from pathlib import Path

import duckdb

GATEWAY = os.environ["GATEWAY_URL"]
KEY = {"Authorization": f"Bearer {os.environ['GATEWAY_KEY']}"}

# %% The tables as files, and as views of DuckDB. (`gateway export --to bi.duckdb` makes one database of them all.)
folder = Path(tempfile.mkdtemp())
database = duckdb.connect()
for name in ("calls", "customers", "costs"):
    asked = urllib.request.Request(f"{GATEWAY}/export/{name}.parquet", headers=KEY)
    with urllib.request.urlopen(asked) as answer, (folder / f"{name}.parquet").open("wb") as file:
        shutil.copyfileobj(answer, file)
    database.sql(f"CREATE VIEW {name} AS FROM read_parquet('{folder / name}.parquet')")

# %% What calls cost, day by day in Berlin
by_day = database.sql("""
    SELECT CAST(created_at AT TIME ZONE 'Europe/Berlin' AS DATE) AS day, count(*) AS calls, sum(cost) AS cost,
           quantile_cont(duration_seconds, 0.95) AS p95
    FROM calls GROUP BY day ORDER BY day
""").fetchall()

# %% What of it went where: call_id joins costs and calls, customer_key joins calls and customers
by_part = database.sql("""
    SELECT customers.customer_key, costs.type, sum(costs.cost) AS cost
    FROM costs JOIN calls ON calls.id = costs.call_id JOIN customers USING (customer_key)
    GROUP BY ALL ORDER BY cost DESC
""").fetchall()
database.close()
shutil.rmtree(folder)
