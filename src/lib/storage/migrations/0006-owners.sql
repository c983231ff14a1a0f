-- Who drives a run, and whether that process lives. The owner gives signs of life, for those who cannot look at it: a process in another pid
-- namespace, on another machine that shares the home, or one that was suspended.

-- Name of the owner's machine, for messages. NULL: an earlier version made the run.
ALTER TABLE runs ADD COLUMN owner_host TEXT;
-- Signs of life of the owner. A count, not a time: clocks may jump.
ALTER TABLE runs ADD COLUMN beats INTEGER NOT NULL DEFAULT 0;
-- Milliseconds since 1970: when the last of them came, by the owner's clock. Only lists, which cannot wait, rely on it. NULL: none has come yet.
ALTER TABLE runs ADD COLUMN beat_at INTEGER;

-- Id of the run that this one retries.
ALTER TABLE runs ADD COLUMN retry_of TEXT;
-- A parked run: its process has left it, and nothing but waits is left. Its status is `interrupted`, as far as this table knows.
ALTER TABLE runs ADD COLUMN is_waiting INTEGER NOT NULL DEFAULT 0;
-- RFC 3339: when the first of its waits ends by itself. NULL: it waits for answers only, or is not parked.
ALTER TABLE runs ADD COLUMN waits_until TEXT;

-- The runs that another one was made of: who takes that over takes these, too.
CREATE INDEX runs_by_parent ON runs (parent_run) WHERE parent_run IS NOT NULL;

-- Its rows are being deleted, a few at a time. No command shows it any more.
ALTER TABLE runs ADD COLUMN is_removed INTEGER NOT NULL DEFAULT 0 CHECK (is_removed IN (0, 1));

CREATE INDEX removed_runs ON runs (number) WHERE is_removed = 1;
-- Deletes the requests of a run without reading those of all runs.
CREATE INDEX run_requests_by_run ON run_requests (run_number);

-- Of a request to stop the run: nothing is given time to end.
ALTER TABLE run_requests ADD COLUMN is_at_once INTEGER NOT NULL DEFAULT 0 CHECK (is_at_once IN (0, 1));
