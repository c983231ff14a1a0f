BEGIN TRANSACTION;
CREATE TABLE events (
  run_number INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  seq INTEGER NOT NULL CHECK (seq > 0),
  type TEXT NOT NULL,
  task TEXT,
  attempt INTEGER,
  -- The event as one line of JSON, exactly as `--events` prints it. Last, so that the columns before it are read without it.
  line TEXT NOT NULL,
  UNIQUE (run_number, seq)
) STRICT;
INSERT INTO "events" VALUES(1,1,'run.started',NULL,NULL,'{"seq":1,"ts":"2026-11-21T18:02:34.008Z","run":"20261121-180233-54d123","type":"run.started","workflow":"ended","file":"ended.yaml","tasks":[{"id":"left","type":"core/shell.run","needs":[]},{"id":"right","type":"core/shell.run","needs":[]},{"id":"after","type":"core/shell.run","needs":["right"]}]}');
INSERT INTO "events" VALUES(1,2,'task.started','left',1,'{"seq":2,"ts":"2026-11-21T18:02:34.009Z","run":"20261121-180233-54d123","type":"task.started","task":"left","attempt":1}');
INSERT INTO "events" VALUES(1,3,'task.started','right',1,'{"seq":3,"ts":"2026-11-21T18:02:34.009Z","run":"20261121-180233-54d123","type":"task.started","task":"right","attempt":1}');
INSERT INTO "events" VALUES(1,4,'task.log','left',1,'{"seq":4,"ts":"2026-11-21T18:02:34.105Z","run":"20261121-180233-54d123","type":"task.log","task":"left","attempt":1,"stream":"stdout","level":"info","message":"left 1"}');
INSERT INTO "events" VALUES(1,5,'task.log','right',1,'{"seq":5,"ts":"2026-11-21T18:02:34.106Z","run":"20261121-180233-54d123","type":"task.log","task":"right","attempt":1,"stream":"stdout","level":"info","message":"right 1"}');
INSERT INTO "events" VALUES(1,6,'task.log','right',1,'{"seq":6,"ts":"2026-11-21T18:02:34.209Z","run":"20261121-180233-54d123","type":"task.log","task":"right","attempt":1,"stream":"stderr","level":"info","message":"right 2"}');
INSERT INTO "events" VALUES(1,7,'task.finished','right',1,'{"seq":7,"ts":"2026-11-21T18:02:34.214Z","run":"20261121-180233-54d123","type":"task.finished","task":"right","attempt":1,"status":"succeeded","output":{"exitCode":0,"stdout":"right 1","stderr":"right 2"},"metrics":{"durationMs":184.7,"exitCode":0,"peakMemoryBytes":3678208},"durationMs":204.7}');
INSERT INTO "events" VALUES(1,8,'task.started','after',1,'{"seq":8,"ts":"2026-11-21T18:02:34.214Z","run":"20261121-180233-54d123","type":"task.started","task":"after","attempt":1}');
INSERT INTO "events" VALUES(1,9,'task.log','after',1,'{"seq":9,"ts":"2026-11-21T18:02:34.237Z","run":"20261121-180233-54d123","type":"task.log","task":"after","attempt":1,"stream":"stdout","level":"info","message":"after"}');
INSERT INTO "events" VALUES(1,10,'task.finished','after',1,'{"seq":10,"ts":"2026-11-21T18:02:34.238Z","run":"20261121-180233-54d123","type":"task.finished","task":"after","attempt":1,"status":"succeeded","output":{"exitCode":0,"stdout":"after","stderr":""},"metrics":{"durationMs":11.2,"exitCode":0},"durationMs":23.9}');
INSERT INTO "events" VALUES(1,11,'task.log','left',1,'{"seq":11,"ts":"2026-11-21T18:02:34.251Z","run":"20261121-180233-54d123","type":"task.log","task":"left","attempt":1,"stream":"stdout","level":"info","message":"left 2"}');
INSERT INTO "events" VALUES(1,12,'task.finished','left',1,'{"seq":12,"ts":"2026-11-21T18:02:34.252Z","run":"20261121-180233-54d123","type":"task.finished","task":"left","attempt":1,"status":"succeeded","output":{"exitCode":0,"stdout":"left 1\nleft 2","stderr":""},"metrics":{"durationMs":241.7,"exitCode":0,"peakMemoryBytes":3604480},"durationMs":242.7}');
INSERT INTO "events" VALUES(1,13,'run.finished',NULL,NULL,'{"seq":13,"ts":"2026-11-21T18:02:34.252Z","run":"20261121-180233-54d123","type":"run.finished","status":"succeeded","durationMs":245,"outputs":{"answer":42},"counts":{"succeeded":3,"failed":0,"skipped":0,"cancelled":0}}');
INSERT INTO "events" VALUES(2,1,'run.started',NULL,NULL,'{"seq":1,"ts":"2026-11-21T18:02:34.883Z","run":"20261121-180234-8aecfa","type":"run.started","workflow":"old","file":"old.yaml","tasks":[{"id":"left","type":"core/shell.run","needs":[]},{"id":"right","type":"core/shell.run","needs":[]},{"id":"after","type":"core/shell.run","needs":["right"]}]}');
INSERT INTO "events" VALUES(2,2,'task.started','left',1,'{"seq":2,"ts":"2026-11-21T18:02:34.884Z","run":"20261121-180234-8aecfa","type":"task.started","task":"left","attempt":1}');
INSERT INTO "events" VALUES(2,3,'task.started','right',1,'{"seq":3,"ts":"2026-11-21T18:02:34.884Z","run":"20261121-180234-8aecfa","type":"task.started","task":"right","attempt":1}');
INSERT INTO "events" VALUES(2,4,'task.log','left',1,'{"seq":4,"ts":"2026-11-21T18:02:34.923Z","run":"20261121-180234-8aecfa","type":"task.log","task":"left","attempt":1,"stream":"stdout","level":"info","message":"left 1"}');
INSERT INTO "events" VALUES(2,5,'task.log','right',1,'{"seq":5,"ts":"2026-11-21T18:02:34.924Z","run":"20261121-180234-8aecfa","type":"task.log","task":"right","attempt":1,"stream":"stdout","level":"info","message":"right 1"}');
INSERT INTO "events" VALUES(2,6,'task.log','right',1,'{"seq":6,"ts":"2026-11-21T18:02:35.035Z","run":"20261121-180234-8aecfa","type":"task.log","task":"right","attempt":1,"stream":"stderr","level":"info","message":"right 2"}');
INSERT INTO "events" VALUES(2,7,'task.retrying','right',1,'{"seq":7,"ts":"2026-11-21T18:02:35.038Z","run":"20261121-180234-8aecfa","type":"task.retrying","task":"right","attempt":1,"delayMs":10,"error":{"code":"EXIT_CODE","message":"the process ended with exit code 3","retryable":true,"exitCode":3},"metrics":{"durationMs":152.4,"exitCode":3,"peakMemoryBytes":3543040}}');
INSERT INTO "events" VALUES(2,8,'task.started','right',2,'{"seq":8,"ts":"2026-11-21T18:02:35.057Z","run":"20261121-180234-8aecfa","type":"task.started","task":"right","attempt":2}');
INSERT INTO "events" VALUES(2,9,'task.log','left',1,'{"seq":9,"ts":"2026-11-21T18:02:35.066Z","run":"20261121-180234-8aecfa","type":"task.log","task":"left","attempt":1,"stream":"stdout","level":"info","message":"left 2"}');
INSERT INTO "events" VALUES(2,10,'task.log','right',2,'{"seq":10,"ts":"2026-11-21T18:02:35.066Z","run":"20261121-180234-8aecfa","type":"task.log","task":"right","attempt":2,"stream":"stdout","level":"info","message":"right 1"}');
INSERT INTO "events" VALUES(2,11,'task.finished','left',1,'{"seq":11,"ts":"2026-11-21T18:02:35.068Z","run":"20261121-180234-8aecfa","type":"task.finished","task":"left","attempt":1,"status":"succeeded","output":{"exitCode":0,"stdout":"left 1\nleft 2","stderr":""},"metrics":{"durationMs":183.2,"exitCode":0,"peakMemoryBytes":3620864},"durationMs":184.5}');
INSERT INTO "events" VALUES(2,12,'task.log','right',2,'{"seq":12,"ts":"2026-11-21T18:02:35.183Z","run":"20261121-180234-8aecfa","type":"task.log","task":"right","attempt":2,"stream":"stderr","level":"info","message":"right 2"}');
INSERT INTO "events" VALUES(2,13,'task.finished','right',2,'{"seq":13,"ts":"2026-11-21T18:02:35.184Z","run":"20261121-180234-8aecfa","type":"task.finished","task":"right","attempt":2,"status":"failed","error":{"code":"EXIT_CODE","message":"the process ended with exit code 3","retryable":true,"exitCode":3},"metrics":{"durationMs":125.8,"exitCode":3,"peakMemoryBytes":3616768},"durationMs":299.9}');
INSERT INTO "events" VALUES(2,14,'task.skipped','after',NULL,'{"seq":14,"ts":"2026-11-21T18:02:35.184Z","run":"20261121-180234-8aecfa","type":"task.skipped","task":"after","reason":"needed task ''right'' failed"}');
INSERT INTO "events" VALUES(2,15,'run.finished',NULL,NULL,'{"seq":15,"ts":"2026-11-21T18:02:35.184Z","run":"20261121-180234-8aecfa","type":"run.finished","status":"failed","durationMs":310,"reason":"task ''right'' failed","counts":{"succeeded":1,"failed":1,"skipped":1,"cancelled":0}}');
INSERT INTO "events" VALUES(3,1,'run.started',NULL,NULL,'{"seq":1,"ts":"2026-11-21T18:02:35.783Z","run":"20261121-180235-4aca4e","type":"run.started","workflow":"killed","file":"killed.yaml","tasks":[{"id":"waits","type":"core/shell.run","needs":[]}]}');
INSERT INTO "events" VALUES(3,2,'task.started','waits',1,'{"seq":2,"ts":"2026-11-21T18:02:35.783Z","run":"20261121-180235-4aca4e","type":"task.started","task":"waits","attempt":1}');
INSERT INTO "events" VALUES(3,3,'task.log','waits',1,'{"seq":3,"ts":"2026-11-21T18:02:35.807Z","run":"20261121-180235-4aca4e","type":"task.log","task":"waits","attempt":1,"stream":"stdout","level":"info","message":"before"}');
CREATE TABLE runs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) > 0),
  workflow_id TEXT NOT NULL,
  file TEXT NOT NULL,
  started_at TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'succeeded', 'failed', 'cancelled', 'interrupted')),
  reason TEXT,
  finished_at TEXT,
  duration_ms INTEGER,
  task_count INTEGER,
  succeeded_count INTEGER,
  failed_count INTEGER,
  skipped_count INTEGER,
  cancelled_count INTEGER,
  -- The process that executes the run: without it, a run that is not finished is one that was interrupted.
  owner_pid INTEGER NOT NULL,
  owner_start_time TEXT NOT NULL,
  owner_system TEXT NOT NULL
) STRICT;
INSERT INTO "runs" VALUES(1,'20261121-180233-54d123','ended','/srv/ended.yaml','2026-11-21T18:02:34.007Z','succeeded',NULL,'2026-11-21T18:02:34.252Z',245,3,3,0,0,0,25683,'1376143','a-system-of-that-time');
INSERT INTO "runs" VALUES(2,'20261121-180234-8aecfa','old','/srv/old.yaml','2026-11-21T18:02:34.875Z','failed','task ''right'' failed','2026-11-21T18:02:35.184Z',310,3,1,1,1,0,25724,'1376252','a-system-of-that-time');
INSERT INTO "runs" VALUES(3,'20261121-180235-4aca4e','killed','/srv/killed.yaml','2026-11-21T18:02:35.765Z','interrupted',NULL,NULL,NULL,1,NULL,NULL,NULL,NULL,25777,'1376337','a-system-of-that-time');
CREATE TABLE sealed_outputs (
  run_number INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  task TEXT NOT NULL,
  attempt INTEGER NOT NULL CHECK (attempt > 0),
  key_id TEXT NOT NULL,
  iv BLOB NOT NULL CHECK (length(iv) = 12),
  auth_tag BLOB NOT NULL CHECK (length(auth_tag) = 16),
  ciphertext BLOB NOT NULL,
  UNIQUE (run_number, task, attempt)
) STRICT;
CREATE TABLE secret_audit (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  at TEXT NOT NULL,
  action TEXT NOT NULL,
  -- A JSON array; of very many names, the first ones.
  names TEXT NOT NULL,
  name_count INTEGER NOT NULL CHECK (name_count >= 0),
  user TEXT NOT NULL,
  command TEXT NOT NULL,
  run TEXT,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TABLE secret_keys (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) > 0),
  created_at TEXT NOT NULL,
  encrypted_key BLOB NOT NULL CHECK (length(encrypted_key) = 32),
  iv BLOB NOT NULL CHECK (length(iv) = 12),
  auth_tag BLOB NOT NULL CHECK (length(auth_tag) = 16)
) STRICT;
CREATE TABLE secret_ledger (
  name TEXT PRIMARY KEY NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  code BLOB NOT NULL CHECK (length(code) = 32)
, is_deleted INTEGER NOT NULL DEFAULT 0 CHECK (is_deleted IN (0, 1))) STRICT;
CREATE TABLE "secret_store" (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  format INTEGER NOT NULL CHECK (format > 0),
  store_id BLOB NOT NULL CHECK (length(store_id) = 16),
  salt BLOB NOT NULL CHECK (length(salt) = 32),
  -- The key derivation and its parameters, as src/lib/secrets/key-derivation.ts writes them.
  kdf TEXT NOT NULL,
  check_value BLOB NOT NULL CHECK (length(check_value) = 32),
  active_key_id TEXT NOT NULL REFERENCES secret_keys (id),
  -- Grows with every change of the store.
  generation INTEGER NOT NULL CHECK (generation > 0),
  digest BLOB NOT NULL,
  digest_iv BLOB NOT NULL CHECK (length(digest_iv) = 12),
  digest_tag BLOB NOT NULL CHECK (length(digest_tag) = 16),
  -- Number and hash of the last entry of the audit log.
  audit_seq INTEGER NOT NULL DEFAULT 0 CHECK (audit_seq >= 0),
  audit_hash BLOB NOT NULL DEFAULT (zeroblob(32)) CHECK (length(audit_hash) = 32),
  -- Over this row and all of secret_keys. A store of format 1 has none; the first command with its key brings it to format 2.
  mac BLOB NOT NULL DEFAULT (zeroblob(32)) CHECK (length(mac) = 32)
) STRICT;
CREATE TABLE secrets (
  name TEXT PRIMARY KEY NOT NULL CHECK (length(name) BETWEEN 1 AND 255 AND name NOT GLOB '*[^A-Za-z0-9_-]*'),
  key_id TEXT NOT NULL REFERENCES secret_keys (id),
  format INTEGER NOT NULL CHECK (format > 0),
  version INTEGER NOT NULL CHECK (version > 0),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  iv BLOB NOT NULL CHECK (length(iv) = 12),
  auth_tag BLOB NOT NULL CHECK (length(auth_tag) = 16),
  -- Last, so that the columns before it are read without it.
  encrypted_value BLOB NOT NULL CHECK (length(encrypted_value) BETWEEN 1 AND 1048576),
  UNIQUE (key_id, iv)
) STRICT;
CREATE INDEX runs_by_workflow ON runs (workflow_id, number);
CREATE INDEX events_without_logs ON events (run_number, seq) WHERE type <> 'task.log';
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'events are append-only');
END;
CREATE INDEX sealed_outputs_by_key ON sealed_outputs (key_id);
COMMIT;
PRAGMA application_id = 1095463796;
PRAGMA user_version = 3;
