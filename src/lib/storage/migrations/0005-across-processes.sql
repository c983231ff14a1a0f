-- What other processes ask of a run. The process that owns the run reads it while it has a reason to.

CREATE TABLE run_requests (
  -- AUTOINCREMENT: a number is never used again, also when its run was deleted.
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  run_number INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('approve', 'reject', 'cancel')),
  -- NULL: it is about the run as a whole.
  task TEXT,
  requested_by TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  comment TEXT,
  -- NULL: what follows from it is not in the journal yet.
  answered_at TEXT
) STRICT;

CREATE INDEX open_run_requests ON run_requests (run_number) WHERE answered_at IS NULL;
