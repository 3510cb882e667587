/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables, as numbered migrations. A number that may pass 2^31 is a BIGINT:
 * to SQLite that is the same as INTEGER, to PostgreSQL it is not.
 *
 * A migration is never changed once it has been used; a new one is added.
 */
#include "store_schema.h"

static const char people_and_audit[] =
	"CREATE TABLE users("
	"  id TEXT PRIMARY KEY,"
	"  email TEXT NOT NULL UNIQUE,"
	"  name TEXT NOT NULL,"
	"  made_s BIGINT NOT NULL);"
	"CREATE TABLE sessions("
	"  hash TEXT PRIMARY KEY,"
	"  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
	"  groups TEXT NOT NULL,"
	"  created_s BIGINT NOT NULL,"
	"  seen_s BIGINT NOT NULL);"
	"CREATE INDEX sessions_user ON sessions(user_id);"
	"CREATE TABLE attempts("
	"  state_hash TEXT PRIMARY KEY,"
	"  browser_hash TEXT NOT NULL,"
	"  provider TEXT NOT NULL,"
	"  nonce TEXT NOT NULL,"
	"  verifier TEXT NOT NULL,"
	"  next TEXT NOT NULL,"
	"  expires_s BIGINT NOT NULL);"
	"CREATE TABLE codes("
	"  email TEXT PRIMARY KEY,"
	"  code_hash TEXT NOT NULL,"
	"  expires_s BIGINT NOT NULL,"
	"  tries INTEGER NOT NULL);"
	"CREATE TABLE rates("
	"  key TEXT PRIMARY KEY,"
	"  until_s BIGINT NOT NULL,"
	"  n INTEGER NOT NULL);"
	"CREATE TABLE visits("
	"  id TEXT PRIMARY KEY,"
	"  room TEXT NOT NULL UNIQUE,"
	"  title TEXT NOT NULL,"
	"  clinician_id TEXT NOT NULL REFERENCES users(id),"
	"  patient_email TEXT NOT NULL,"
	"  start_s BIGINT NOT NULL,"
	"  minutes INTEGER NOT NULL,"
	"  cancelled INTEGER NOT NULL,"
	"  made_s BIGINT NOT NULL);"
	"CREATE INDEX visits_clinician ON visits(clinician_id, start_s);"
	"CREATE INDEX visits_patient ON visits(patient_email, start_s);"
	"CREATE TABLE audit("
	"  n INTEGER PRIMARY KEY,"
	"  time_ms BIGINT NOT NULL,"
	"  subject TEXT,"
	"  role TEXT,"
	"  action TEXT NOT NULL,"
	"  object TEXT,"
	"  visit TEXT,"
	"  outcome TEXT NOT NULL,"
	"  reason TEXT,"
	"  client TEXT,"
	"  data TEXT,"
	"  digest TEXT NOT NULL);"
	"CREATE INDEX audit_time ON audit(time_ms);"
	"CREATE INDEX audit_subject ON audit(subject, n);"
	"CREATE INDEX audit_object ON audit(object, n);"
	"CREATE INDEX audit_action ON audit(action, n);"
	"CREATE INDEX audit_visit ON audit(visit, n);"
	"CREATE TABLE audit_head("
	"  one INTEGER PRIMARY KEY CHECK(one = 1),"
	"  n BIGINT NOT NULL,"
	"  digest TEXT NOT NULL);"
	"INSERT INTO audit_head(one, n, digest) VALUES(1, 0,"
	"  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');";

static const char audit_triggers_sqlite[] =
	"CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit BEGIN"
	"  SELECT RAISE(ABORT, 'the audit is append-only'); END;"
	"CREATE TRIGGER audit_keeps_values BEFORE UPDATE ON audit BEGIN"
	"  SELECT RAISE(ABORT, 'the audit is append-only'); END;"
	"CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head BEGIN"
	"  SELECT RAISE(ABORT, 'the audit is append-only'); END;"
	"CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head"
	"  WHEN new.n < old.n OR new.n > old.n + 1 BEGIN"
	"  SELECT RAISE(ABORT, 'the audit is append-only'); END;";

/* A number of the audit passes 2^31 one day. Nobody gets past these triggers by
   a session's setting: ALWAYS. */
static const char audit_triggers_postgresql[] =
	"ALTER TABLE audit ALTER COLUMN n TYPE BIGINT;"
	"CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS"
	" 'BEGIN RAISE EXCEPTION ''the audit is append-only''"
	" USING ERRCODE = ''integrity_constraint_violation''; END';"
	"CREATE TRIGGER audit_keeps_rows BEFORE DELETE OR TRUNCATE ON audit"
	"  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();"
	"CREATE TRIGGER audit_keeps_values BEFORE UPDATE ON audit"
	"  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();"
	"CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE"
	"  ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept();"
	"CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head"
	"  FOR EACH ROW WHEN (new.n < old.n OR new.n > old.n + 1)"
	"  EXECUTE FUNCTION audit_is_kept();"
	"ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_keeps_rows,"
	"  ENABLE ALWAYS TRIGGER audit_keeps_values;"
	"ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_head_stays,"
	"  ENABLE ALWAYS TRIGGER audit_head_grows;";

static const char recordings[] =
	"CREATE TABLE recordings("
	"  id TEXT PRIMARY KEY,"
	"  visit_id TEXT REFERENCES visits(id),"
	"  room TEXT NOT NULL,"
	"  state TEXT NOT NULL,"
	"  rank INTEGER NOT NULL,"
	"  begun_s BIGINT NOT NULL,"
	"  ended_s BIGINT NOT NULL,"
	"  parts INTEGER NOT NULL,"
	"  reason TEXT NOT NULL,"
	"  incomplete INTEGER NOT NULL,"
	"  lost_ms BIGINT NOT NULL,"
	"  lost_packets BIGINT NOT NULL);"
	"CREATE INDEX recordings_visit ON recordings(visit_id);";

static const char review[] =
	"ALTER TABLE recordings ADD COLUMN hold INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE recordings ADD COLUMN delete_s BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE recordings ADD COLUMN deleted_s BIGINT NOT NULL"
	"  DEFAULT 0;"
	"CREATE INDEX recordings_begun ON recordings(begun_s, id);"
	"CREATE INDEX recordings_seconds ON recordings((CASE WHEN ended_s > 0"
	"  THEN ended_s - begun_s ELSE -1 END), id);"
	"CREATE INDEX recordings_running ON recordings(begun_s, id)"
	"  WHERE state IN ('running', 'paused');"
	"CREATE INDEX recordings_held ON recordings(begun_s, id)"
	"  WHERE hold <> 0;"
	"CREATE TABLE plays("
	"  id TEXT PRIMARY KEY,"
	"  recording_id TEXT NOT NULL REFERENCES recordings(id)"
	"    ON DELETE CASCADE,"
	"  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
	"  session TEXT NOT NULL REFERENCES sessions(hash) ON DELETE CASCADE,"
	"  reason TEXT NOT NULL,"
	"  begun_s BIGINT NOT NULL);"
	"CREATE INDEX plays_recording ON plays(recording_id);"
	"CREATE INDEX plays_session ON plays(session);";

static const char retention[] =
	"CREATE TABLE holds("
	"  id TEXT PRIMARY KEY,"
	"  recording_id TEXT NOT NULL REFERENCES recordings(id),"
	"  by_whom TEXT NOT NULL,"
	"  reason TEXT NOT NULL,"
	"  since_s BIGINT NOT NULL,"
	"  released_by TEXT NOT NULL,"
	"  released_s BIGINT NOT NULL);"
	"CREATE INDEX holds_recording ON holds(recording_id);"
	"CREATE TABLE deletions("
	"  recording_id TEXT PRIMARY KEY REFERENCES recordings(id),"
	"  by_whom TEXT NOT NULL,"
	"  rule TEXT NOT NULL,"
	"  begun_s BIGINT NOT NULL,"
	"  done_s BIGINT NOT NULL,"
	"  files BIGINT NOT NULL,"
	"  bytes BIGINT NOT NULL,"
	"  certificate TEXT NOT NULL);";

static const char portals[] = "CREATE TABLE portals("
			      "  id TEXT PRIMARY KEY,"
			      "  seen_s BIGINT NOT NULL);"
			      "CREATE TABLE signing_keys("
			      "  kid TEXT PRIMARY KEY,"
			      "  jwk TEXT NOT NULL,"
			      "  seen_s BIGINT NOT NULL);";

/* recordings.preview: 0 none yet, 1 made, 2 cannot be made. */
static const char films[] =
	"ALTER TABLE recordings ADD COLUMN preview INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX recordings_unseen ON recordings(begun_s, id)"
	"  WHERE preview = 0;"
	"CREATE TABLE films("
	"  id TEXT PRIMARY KEY,"
	"  recording_id TEXT NOT NULL REFERENCES recordings(id)"
	"    ON DELETE CASCADE,"
	"  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
	"  reason TEXT NOT NULL,"
	"  container TEXT NOT NULL,"
	"  layout TEXT NOT NULL,"
	"  burn_in INTEGER NOT NULL,"
	"  state TEXT NOT NULL,"
	"  error TEXT NOT NULL,"
	"  asked_s BIGINT NOT NULL,"
	"  ended_s BIGINT NOT NULL,"
	"  expires_s BIGINT NOT NULL,"
	"  permille INTEGER NOT NULL,"
	"  remaining_s BIGINT NOT NULL,"
	"  bytes BIGINT NOT NULL,"
	"  digest TEXT NOT NULL,"
	"  owner TEXT NOT NULL,"
	"  lease_s BIGINT NOT NULL,"
	"  tries INTEGER NOT NULL);"
	"CREATE INDEX films_recording ON films(recording_id, asked_s);"
	"CREATE INDEX films_state ON films(state, asked_s);";

/*
 * event_boots: seq of the last event that was taken; ended: 0 not, 1 stopping
 * was told, 2 nobody knows how. Of quality, what is not known is -1.
 */
static const char told[] =
	"ALTER TABLE visits ADD COLUMN kind TEXT NOT NULL DEFAULT '';"
	"CREATE TABLE event_boots("
	"  boot TEXT PRIMARY KEY,"
	"  host TEXT NOT NULL,"
	"  seq BIGINT NOT NULL,"
	"  heard_s BIGINT NOT NULL,"
	"  ended INTEGER NOT NULL);"
	"CREATE TABLE presence("
	"  visit_id TEXT PRIMARY KEY REFERENCES visits(id),"
	"  boot TEXT NOT NULL,"
	"  clinician TEXT NOT NULL,"
	"  patient TEXT NOT NULL,"
	"  since_ms BIGINT NOT NULL,"
	"  heard_ms BIGINT NOT NULL,"
	"  first_ms BIGINT NOT NULL,"
	"  last_ms BIGINT NOT NULL,"
	"  both_ms BIGINT NOT NULL);"
	"CREATE INDEX presence_boot ON presence(boot) WHERE since_ms > 0;"
	"CREATE TABLE quality("
	"  visit_id TEXT NOT NULL REFERENCES visits(id),"
	"  role TEXT NOT NULL,"
	"  time_s BIGINT NOT NULL,"
	"  loss_permille INTEGER NOT NULL,"
	"  round_trip_ms INTEGER NOT NULL,"
	"  received_kbps INTEGER NOT NULL,"
	"  sent_kbps INTEGER NOT NULL,"
	"  limited INTEGER NOT NULL,"
	"  PRIMARY KEY(visit_id, role, time_s));"
	"CREATE INDEX quality_time ON quality(time_s);";

/*
 * visits.admitted: the user who was let in and not sent away since, or "".
 * doors.until_s: 0, open until it is closed. duty: who is on call, and when a
 * page of theirs was there last. calls: urgent ones that nobody has taken;
 * then it is a visit with the same id and room. waiting.found: JSON of the
 * check-in, or "". live: a number that grows with what GET /api/live tells.
 */
static const char doors[] =
	"ALTER TABLE visits ADD COLUMN door TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE visits ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE visits ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE visits ADD COLUMN admitted TEXT NOT NULL DEFAULT '';"
	"CREATE INDEX visits_urgent ON visits(made_s) WHERE urgent <> 0;"
	"CREATE TABLE doors("
	"  user_id TEXT PRIMARY KEY REFERENCES users(id),"
	"  name TEXT NOT NULL UNIQUE,"
	"  title TEXT NOT NULL,"
	"  open INTEGER NOT NULL,"
	"  until_s BIGINT NOT NULL,"
	"  knocks BIGINT NOT NULL);"
	"CREATE TABLE duty("
	"  user_id TEXT PRIMARY KEY REFERENCES users(id),"
	"  seen_s BIGINT NOT NULL);"
	"CREATE TABLE calls("
	"  id TEXT PRIMARY KEY,"
	"  room TEXT NOT NULL UNIQUE,"
	"  patient_email TEXT NOT NULL UNIQUE,"
	"  made_s BIGINT NOT NULL,"
	"  minutes INTEGER NOT NULL,"
	"  waited INTEGER NOT NULL);"
	"CREATE TABLE waiting("
	"  visit_id TEXT NOT NULL,"
	"  sub TEXT NOT NULL,"
	"  participant TEXT NOT NULL,"
	"  boot TEXT NOT NULL,"
	"  since_ms BIGINT NOT NULL,"
	"  found TEXT NOT NULL,"
	"  PRIMARY KEY(visit_id, sub));"
	"CREATE INDEX waiting_boot ON waiting(boot);"
	"CREATE INDEX waiting_sub ON waiting(sub);"
	"CREATE TABLE live("
	"  one INTEGER PRIMARY KEY CHECK(one = 1),"
	"  n BIGINT NOT NULL);";

/* doors.seen_s: when the owner was seen as a clinician last. */
static const char door_seen[] =
	"ALTER TABLE doors ADD COLUMN seen_s BIGINT NOT NULL DEFAULT 0;";

/* presence.alone_ms: since when the patient is there alone, or 0. */
static const char alone[] =
	"ALTER TABLE presence ADD COLUMN alone_ms BIGINT NOT NULL DEFAULT 0;";

const struct rth_migration rth_store_migrations[] = {
	{people_and_audit,
	 {[RTH_DB_SQLITE] = audit_triggers_sqlite,
	  [RTH_DB_POSTGRESQL] = audit_triggers_postgresql}},
	{recordings, {NULL}},
	{review, {NULL}},
	{retention, {NULL}},
	{films, {NULL}},
	{portals, {NULL}},
	{told, {NULL}},
	{doors, {NULL}},
	{door_seen, {NULL}},
	{alone, {NULL}},
};

const size_t rth_store_migrations_n =
	sizeof(rth_store_migrations) / sizeof(rth_store_migrations[0]);

/*
 * SQLite compares texts as bytes; PostgreSQL in the order of some language,
 * unless a column says otherwise. So each column of text does. PostgreSQL also
 * copies common values into its statistics, where they would outlive the row:
 * not those of people's words.
 */
static const char settle_postgresql[] =
	"DO 'DECLARE c record; BEGIN"
	"  FOR c IN SELECT a.attrelid::regclass AS table_, a.attname"
	"    FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid"
	"    JOIN pg_collation o ON o.oid = a.attcollation"
	"    WHERE t.relkind = ''r'' AND a.attnum > 0 AND NOT a.attisdropped"
	"    AND t.relnamespace = current_schema()::regnamespace"
	"    AND o.collname <> ''C''"
	"  LOOP"
	"    EXECUTE format(''ALTER TABLE %s ALTER COLUMN %I TYPE TEXT"
	" COLLATE \"C\"'', c.table_, c.attname);"
	"  END LOOP;"
	"  FOR c IN SELECT a.attrelid::regclass AS table_, a.attname"
	"    FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid"
	"    WHERE t.relkind = ''r'' AND a.attnum > 0 AND NOT a.attisdropped"
	"    AND t.relnamespace = current_schema()::regnamespace"
	"    AND a.attname IN (''email'', ''name'', ''title'', ''groups'',"
	"      ''patient_email'', ''reason'', ''kind'', ''certificate'')"
	"    AND COALESCE(a.attstattarget, -1) <> 0"
	"  LOOP"
	"    EXECUTE format(''ALTER TABLE %s ALTER COLUMN %I''"
	"      || '' SET STATISTICS 0'', c.table_, c.attname);"
	"  END LOOP;"
	" END';";

const char *const rth_store_settle[RTH_DB_DIALECTS] = {
	[RTH_DB_POSTGRESQL] = settle_postgresql,
};
