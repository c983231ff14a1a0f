-- Secrets. No value, no key and no unencrypted output stands in any of these tables; what they mean is known to src/lib/secrets.

-- What is needed to get from the master key to the data keys. At most one row: without it there is no store yet.
CREATE TABLE secret_store (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  format INTEGER NOT NULL CHECK (format > 0),
  store_id BLOB NOT NULL CHECK (length(store_id) = 16),
  salt BLOB NOT NULL CHECK (length(salt) = 32),
  iterations INTEGER NOT NULL CHECK (iterations BETWEEN 100000 AND 10000000),
  check_value BLOB NOT NULL CHECK (length(check_value) = 32),
  active_key_id TEXT NOT NULL REFERENCES secret_keys (id),
  -- Grows with every change of a secret.
  generation INTEGER NOT NULL CHECK (generation > 0),
  digest BLOB NOT NULL,
  digest_iv BLOB NOT NULL CHECK (length(digest_iv) = 12),
  digest_tag BLOB NOT NULL CHECK (length(digest_tag) = 16)
) STRICT;

-- The data keys, each encrypted under the master key. One is active; others stay for the outputs that were encrypted with them.
CREATE TABLE secret_keys (
  id TEXT PRIMARY KEY NOT NULL CHECK (length(id) > 0),
  created_at TEXT NOT NULL,
  encrypted_key BLOB NOT NULL CHECK (length(encrypted_key) = 32),
  iv BLOB NOT NULL CHECK (length(iv) = 12),
  auth_tag BLOB NOT NULL CHECK (length(auth_tag) = 16)
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

-- Which version of each secret is the present one, vouched for by a keyed code: tells which secrets are missing or were put back.
CREATE TABLE secret_ledger (
  name TEXT PRIMARY KEY NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  code BLOB NOT NULL CHECK (length(code) = 32)
) STRICT;

-- Outputs of tasks that hold secrets.
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

-- Finds the data keys that are still needed.
CREATE INDEX sealed_outputs_by_key ON sealed_outputs (key_id);
