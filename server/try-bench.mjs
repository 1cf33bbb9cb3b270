var __knownSymbol = (name2, symbol) => (symbol = Symbol[name2]) ? symbol : /* @__PURE__ */ Symbol.for("Symbol." + name2);
var __typeError = (msg) => {
  throw TypeError(msg);
};
var __using = (stack, value, async) => {
  if (value != null) {
    if (typeof value !== "object" && typeof value !== "function") __typeError("Object expected");
    var dispose, inner2;
    if (async) dispose = value[__knownSymbol("asyncDispose")];
    if (dispose === void 0) {
      dispose = value[__knownSymbol("dispose")];
      if (async) inner2 = dispose;
    }
    if (typeof dispose !== "function") __typeError("Object not disposable");
    if (inner2) dispose = function() {
      try {
        inner2.call(this);
      } catch (e) {
        return Promise.reject(e);
      }
    };
    stack.push([async, dispose, value]);
  } else if (async) {
    stack.push([async]);
  }
  return value;
};
var __callDispose = (stack, error, hasError) => {
  var E = typeof SuppressedError === "function" ? SuppressedError : function(e, s, m, _) {
    return _ = Error(m), _.name = "SuppressedError", _.error = e, _.suppressed = s, _;
  };
  var fail = (e) => error = hasError ? new E(e, error, "An error was suppressed during disposal") : (hasError = true, e);
  var next = (it) => {
    while (it = stack.pop()) {
      try {
        var result = it[1] && it[1].call(it[2]);
        if (it[0]) return Promise.resolve(result).then(next, (e) => (fail(e), next()));
      } catch (e) {
        fail(e);
      }
    }
    if (hasError) throw error;
  };
  return next();
};

// src/platform/db/db.ts
import { AsyncLocalStorage } from "node:async_hooks";

// src/platform/errors.ts
var MusterError = class extends Error {
  name = "MusterError";
  code;
  detail;
  constructor(code, message, detail = {}) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
};
function invariant(condition, message) {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}

// src/platform/ids.ts
import { randomFillSync } from "node:crypto";
var hex = Array.from({ length: 256 }, (_, byte2) => byte2.toString(16).padStart(2, "0"));
var pool = new Uint8Array(4096);
var used = pool.length;
var last_ms = 0;
var sequence = 0;
function newId() {
  const now = Date.now();
  if (now > last_ms) {
    last_ms = now;
    sequence = 0;
  } else if (++sequence > 4095) {
    last_ms += 1;
    sequence = 0;
  }
  const at = takeRandom(8);
  const high = Math.floor(last_ms / 4294967296);
  const low = last_ms >>> 0;
  return byte(high >>> 8) + byte(high) + byte(low >>> 24) + byte(low >>> 16) + "-" + byte(low >>> 8) + byte(low) + "-" + byte(112 | sequence >>> 8) + byte(sequence) + "-" + byte(128 | random(at) & 63) + byte(random(at + 1)) + "-" + byte(random(at + 2)) + byte(random(at + 3)) + byte(random(at + 4)) + byte(random(at + 5)) + byte(random(at + 6)) + byte(random(at + 7));
}
function newSecret(bytes) {
  return Buffer.from(randomBytes(bytes)).toString("base64url");
}
var uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
var isUuid = (text2) => uuid.test(text2);
function takeRandom(bytes) {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}
function randomBytes(bytes) {
  const at = takeRandom(bytes);
  return pool.slice(at, at + bytes);
}
var byte = (value) => hex[value & 255] ?? "00";
var random = (at) => pool[at] ?? 0;

// src/platform/db/failures.ts
var retryable = /* @__PURE__ */ new Set([
  "40001",
  // serialization_failure
  "40P01"
  // deadlock_detected
]);
var unavailable = /* @__PURE__ */ new Set([
  "08000",
  // connection_exception
  "08003",
  // connection_does_not_exist
  "08006",
  // connection_failure
  "53300",
  // too_many_connections
  "57014",
  // query_canceled: the statement's limit
  "57P01",
  // admin_shutdown
  "57P02",
  // crash_shutdown
  "57P03",
  // cannot_connect_now
  "25P03"
  // idle_in_transaction_session_timeout
]);
function codeOf(error) {
  const code = error?.code;
  return typeof code === "string" ? code : void 0;
}
function isRetryable(error) {
  return retryable.has(codeOf(error) ?? "");
}
function translate(error) {
  if (error instanceof MusterError) return error;
  const code = codeOf(error) ?? "";
  const lost = code.startsWith("E") || isLostConnection(error);
  if (unavailable.has(code) || retryable.has(code) || lost)
    return new MusterError("unavailable", "The database does not answer just now; nothing was changed. Try again.", {
      retry_after_ms: 1e3,
      remedy: "See `muster doctor` for what the server says about its database."
    });
  return error;
}
function isLostConnection(error) {
  const message = error instanceof Error ? error.message : "";
  return /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i.test(message);
}
function isCommonFailure(error) {
  return error instanceof MusterError && error.code === "unavailable";
}

// src/platform/db/db.ts
var tries_max = 5;
function createDatabase(source2) {
  const open = new AsyncLocalStorage();
  const counts = { statements: 0, transactions: 0 };
  async function transact(scope2, work2) {
    invariant(open.getStore()?.done !== false, "a transaction was asked for inside another one");
    for (let tries = 1; ; tries += 1) {
      try {
        return await source2.use((connection) => once(connection, scope2, work2));
      } catch (error) {
        if (tries >= tries_max || !isRetryable(error)) throw translate(error);
      }
    }
  }
  async function once(connection, scope2, work2) {
    const context = { done: false };
    const { tx, before, after } = createTx(connection, scope2, counts, context);
    counts.transactions += 1;
    counts.statements += 2;
    const began = connection.simple(opening(scope2));
    began.catch(() => {
    });
    let result;
    try {
      result = await open.run(context, async () => {
        const value = await work2(tx);
        const closing = before.map((hook) => hook());
        await Promise.all([began, ...closing, connection.simple("commit")]);
        return value;
      });
    } catch (error) {
      await connection.simple("rollback").catch(() => {
      });
      throw error;
    } finally {
      context.done = true;
    }
    for (const hook of after) hook();
    return result;
  }
  return {
    db: { engine_name: source2.engine, transact },
    engine: { transact: (work2) => transact("engine", work2) },
    source: source2,
    inTransaction: () => open.getStore()?.done === false,
    counts,
    [Symbol.asyncDispose]: () => source2[Symbol.asyncDispose]()
  };
}
function createTx(connection, scope2, counts, context) {
  const before = [];
  const after = [];
  const query = (statement) => {
    invariant(!context.done, "a statement was sent after its transaction had ended");
    counts.statements += 1;
    return connection.query(statement);
  };
  const base2 = {
    rows: async (statement) => (await query(statement)).rows,
    row: async (statement) => (await query(statement)).rows[0],
    execute: async (statement) => (await query(statement)).row_count,
    beforeCommit: (work2) => void before.push(work2),
    afterCommit: (work2) => void after.push(work2)
  };
  if (scope2 === "engine") return { tx: { ...base2, kind: "engine" }, before, after };
  if ("credential_hash" in scope2) return { tx: { ...base2, kind: "credential" }, before, after };
  return { tx: { ...base2, kind: "tenant", organization_id: scope2.organization_id }, before, after };
}
function opening(scope2) {
  if (scope2 === "engine")
    return "begin; set local role muster_engine; set local enable_seqscan = off; set local plan_cache_mode = force_generic_plan";
  if ("credential_hash" in scope2) {
    invariant(/^[0-9a-f]{64}$/.test(scope2.credential_hash), "a credential hash is 64 hexadecimal digits");
    return `begin; set local role muster_app; set local muster.credential_hash = '${scope2.credential_hash}'`;
  }
  invariant(isUuid(scope2.organization_id), "a tenant is a UUID");
  return `begin; set local role muster_app; set local muster.organization_id = '${scope2.organization_id}'`;
}

// src/platform/db/postgres.ts
import pg2 from "pg";

// src/platform/db/connection.ts
import pg from "pg";
var int8 = 20;
var timestamp = 1114;
var timestamptz = 1184;
var types = {
  getTypeParser(oid, format) {
    if (oid === int8) return Number;
    if (oid === timestamptz || oid === timestamp) return isoTime;
    return pg.types.getTypeParser(oid, format);
  }
};
function connectionOf(client) {
  const gather = gatherWrites(client);
  return {
    async simple(text2) {
      gather();
      await client.query(text2);
    },
    async query(statement) {
      const { text: text2, name: name2, values } = statement;
      gather();
      const result = await client.query(
        name2 === void 0 ? { text: text2, values: [...values] } : { text: text2, name: name2, values: [...values] }
      );
      return { rows: result.rows, row_count: result.rowCount ?? 0 };
    }
  };
}
function gatherWrites(client) {
  const { stream } = client.connection;
  let gathering = false;
  return () => {
    if (gathering) return;
    gathering = true;
    stream.cork?.();
    process.nextTick(() => {
      gathering = false;
      stream.uncork?.();
    });
  };
}
function isoTime(text2) {
  if (text2 === "infinity" || text2 === "-infinity") return text2;
  return new Date(text2.endsWith("+00") ? `${text2.slice(0, 10)}T${text2.slice(11, -3)}Z` : text2).toISOString();
}

// src/platform/db/postgres.ts
function openPostgres(options) {
  const pool2 = new pg2.Pool({
    connectionString: options.url,
    max: options.connections,
    types,
    pipeline: true,
    application_name: "muster",
    connectionTimeoutMillis: options.statement_timeout_ms,
    idleTimeoutMillis: 3e4,
    keepAlive: true,
    options: `-c statement_timeout=${options.statement_timeout_ms} -c idle_in_transaction_session_timeout=${options.statement_timeout_ms} -c timezone=UTC -c jit=off`
  });
  pool2.on("error", options.onError);
  return {
    engine: "postgres",
    async use(work2) {
      const client = await pool2.connect();
      let broken;
      const onError = (error) => {
        broken = error;
      };
      client.on("error", onError);
      try {
        return await work2(connectionOf(client));
      } catch (error) {
        if (isConnectionLoss(error)) broken = error;
        throw error;
      } finally {
        client.off("error", onError);
        client.release(broken);
      }
    },
    async [Symbol.asyncDispose]() {
      await pool2.end();
    }
  };
}
function isConnectionLoss(error) {
  const code = error.code;
  return typeof code !== "string" || code.startsWith("08") || code.startsWith("57P") || /^E[A-Z]+$/.test(code);
}

// src/platform/db/migrate.ts
import { readdir, readFile } from "node:fs/promises";
async function migrate(source2, directory) {
  const files = (await readdir(directory)).filter((name2) => /^\d{4}_.+\.sql$/.test(name2)).sort();
  return source2.use(async (connection) => {
    await connection.simple(`create table if not exists migrations (
      name text primary key, applied_at timestamptz not null default now())`);
    const known = new Set(await applied(connection));
    const unknown = [...known].filter((name2) => !files.includes(name2));
    invariant(unknown.length === 0, `the database is ahead of this program: it has ${unknown.join(", ")}`);
    const pending = files.filter((name2) => !known.has(name2));
    for (const name2 of pending) await apply(connection, name2, await readFile(new URL(name2, directory), "utf8"));
    return pending;
  });
}
async function applied(connection) {
  const { rows } = await connection.query({ text: "select name from migrations order by name", values: [], name: void 0 });
  return rows.map((row) => row.name);
}
async function apply(connection, name2, text2) {
  try {
    await connection.simple(`begin; select pg_advisory_xact_lock(7700000); set local statement_timeout = 0;
${text2}`);
    const seen = await applied(connection);
    if (!seen.includes(name2))
      await connection.query({ text: "insert into migrations (name) values ($1)", values: [name2], name: void 0 });
    await connection.simple(seen.includes(name2) ? "rollback" : "commit");
  } catch (error) {
    await connection.simple("rollback").catch(() => {
    });
    throw new Error(`Migration ${name2} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

// src/platform/db/sql.ts
var by_template = /* @__PURE__ */ new WeakMap();
var statements = 0;
function sql(template, ...values) {
  if (values.some(isFragment)) return inline(template, values);
  let compiled = by_template.get(template);
  if (!compiled) {
    let text2 = template[0] ?? "";
    for (let index = 1; index < template.length; index += 1) text2 += `$${index}${template[index] ?? ""}`;
    compiled = { text: text2, name: `m${statements += 1}` };
    by_template.set(template, compiled);
  }
  return { text: compiled.text, values, name: compiled.name };
}
function fragment(template, ...values) {
  return { fragment: true, strings: template, values };
}
function isFragment(value) {
  return typeof value === "object" && value !== null && "fragment" in value;
}
function inline(template, parts) {
  const values = [];
  const write2 = (strings, pieces) => {
    let text3 = strings[0] ?? "";
    pieces.forEach((piece, index) => {
      if (isFragment(piece)) text3 += write2(piece.strings, piece.values);
      else text3 += `$${values.push(piece)}`;
      text3 += strings[index + 1] ?? "";
    });
    return text3;
  };
  const text2 = write2(template, parts);
  return { text: text2, values, name: nameOf(text2) };
}
var chosen = /* @__PURE__ */ new Map();
var chosen_max = 500;
function nameOf(text2) {
  const known = chosen.get(text2);
  if (known !== void 0 || chosen.size >= chosen_max) return known;
  const name2 = `m${statements += 1}`;
  chosen.set(text2, name2);
  return name2;
}

// src/platform/journal/encoding.ts
function encodeEntry(events, newSalt) {
  const actors = dictionary();
  const subjects = dictionary();
  const rows = events.map(({ type, actor: actor3, project_id = null, goal_id = null, task_id = null, run_id = null, data }) => {
    const by = actors.place(`${actor3.kind} ${actor3.id}`, actor3);
    const about = subjects.place(run_id ?? `${project_id} ${goal_id} ${task_id}`, [project_id, goal_id, task_id, run_id]);
    return data === void 0 ? [type, by, about] : [type, by, about, { data, salt: newSalt() }];
  });
  return { actors: actors.items, subjects: subjects.items, rows };
}
function decodeEntry(entry_id, { actors, subjects, rows }) {
  return rows.map(([type, by, about, payload], place) => {
    const actor3 = actors[by];
    const subject = subjects[about];
    invariant(actor3 && subject, `journal entry ${entry_id} is damaged at event ${place}`);
    const [project_id, goal_id, task_id, run_id] = subject;
    return {
      id: eventId(entry_id, place),
      type,
      actor: actor3,
      project_id: project_id ?? void 0,
      goal_id: goal_id ?? void 0,
      task_id: task_id ?? void 0,
      run_id: run_id ?? void 0,
      ...payload
    };
  });
}
var places = 16777215;
function eventId(entry_id, place) {
  invariant(place <= places, "a transaction may record at most 16 million events");
  return entry_id.slice(0, -6) + place.toString(16).padStart(6, "0");
}
function dictionary() {
  const items = [];
  const known = /* @__PURE__ */ new Map();
  return {
    items,
    place(key, item) {
      let place = known.get(key);
      if (place === void 0) {
        place = items.push(item) - 1;
        known.set(key, place);
      }
      return place;
    }
  };
}

// src/platform/journal/record.ts
function createJournal(options) {
  const open = /* @__PURE__ */ new WeakMap();
  const { epoch, onRecorded } = options;
  async function write2(tx, entries) {
    const writes = [...entries].map(
      ([organization_id, events]) => tx.execute(sql`insert into journal_entries (organization_id, id, epoch, events)
        values (${organization_id}, ${eventId(newId(), 0)}, ${epoch}, ${JSON.stringify(encodeEntry(events, () => newSecret(12)))})`)
    );
    await Promise.all(writes);
  }
  return {
    record(tx, organization_id, events) {
      if (events.length === 0) return;
      let entries = open.get(tx);
      if (!entries) {
        const fresh = /* @__PURE__ */ new Map();
        entries = fresh;
        open.set(tx, fresh);
        tx.beforeCommit(() => write2(tx, fresh));
        tx.afterCommit(onRecorded);
      }
      const known = entries.get(organization_id);
      if (known) known.push(...events);
      else entries.set(organization_id, [...events]);
    }
  };
}

// ../contract/limits.ts
var kib = 1024;
var mib = 1024 * kib;
var second_ms = 1e3;
var minute_ms = 60 * second_ms;
var hour_ms = 60 * minute_ms;
var limits = {
  name_characters_max: 200,
  key_characters_max: 200,
  reference_characters_max: 500,
  comment_bytes_max: 16 * kib,
  reason_bytes_max: 4 * kib,
  cursor_characters_max: 500,
  goal_text_bytes_max: 64 * kib,
  playbook_bytes_max: 256 * kib,
  plan_tasks_max: 1e4,
  plan_depth_max: 1e3,
  plan_fan_out_max: 1e3,
  task_dependencies_max: 1e3,
  task_reads_max: 100,
  task_writes_max: 100,
  repeat_max: 20,
  repeat_default: 5,
  attempts_max: 20,
  attempts_default: 3,
  retries_default: 3,
  leases_lost_max: 3,
  conflicts_max: 3,
  task_timeout_ms_default: 10 * minute_ms,
  task_timeout_ms_max: 24 * hour_ms,
  retry_backoff_ms: [1 * second_ms, 2 * second_ms, 4 * second_ms],
  inline_bytes_max: 256 * kib,
  document_bytes_max: 1 * mib,
  json_depth_max: 64,
  body_bytes_max: 1 * mib,
  plan_body_bytes_max: 16 * mib,
  upload_file_bytes_max: 64 * mib,
  goal_input_bytes_max: 1024 * mib,
  goal_input_files_max: 2e3,
  folder_depth_max: 16,
  page_size_default: 50,
  page_size_max: 200,
  offset_max: 1e6,
  lease_ms: 30 * second_ms,
  heartbeat_ms: 10 * second_ms,
  long_poll_ms_max: 30 * second_ms,
  claim_max: 64,
  heartbeat_runs_max: 256,
  log_lines_max: 200,
  log_text_bytes_max: 8 * kib,
  run_artifacts_max: 200,
  capabilities_max: 200,
  approval_due_ms_default: 24 * hour_ms,
  approval_due_ms_max: 30 * 24 * hour_ms,
  approval_claim_ms_default: 10 * minute_ms,
  approval_claim_ms_max: 24 * hour_ms,
  approval_snooze_ms_max: 30 * 24 * hour_ms,
  approval_revocable_ms_max: 1 * minute_ms,
  quorum_max: 10,
  policy_checks_max: 50,
  policy_list_max: 500,
  policy_pattern_characters_max: 1e3,
  websockets_per_organization_max: 100,
  live_heartbeat_ms: 30 * second_ms,
  live_buffer_events_max: 1e3,
  failed_authentications_per_minute_max: 20,
  idempotency_key_characters_max: 255,
  idempotency_ms: 24 * hour_ms,
  idempotency_wait_ms: 1 * second_ms,
  statement_ms: 5 * second_ms,
  journal_segment_events: 512,
  port_default: 7700,
  host_default: "127.0.0.1",
  data_directory_default: ".muster"
};

// src/platform/journal/seal.ts
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify } from "node:crypto";
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, item]) => item !== void 0);
  entries.sort(([a], [b]) => a < b ? -1 : 1);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
}
var sha256 = (bytes) => hash("sha256", bytes, "buffer");
function payloadDigest(event) {
  if (event.data_digest !== void 0) return event.data_digest;
  return event.data === void 0 ? void 0 : hash("sha256", `${event.salt ?? ""}.${canonical(event.data)}`, "base64url");
}
function leafOf(organization_id, at, event) {
  const { actor: actor3, goal_id, id, project_id, run_id, task_id, type } = event;
  const body = JSON.stringify({
    actor: { id: actor3.id, kind: actor3.kind },
    at,
    data_digest: payloadDigest(event),
    goal_id,
    id,
    organization_id,
    project_id,
    run_id,
    task_id,
    type
  });
  return sha256(`\0${body}`);
}
function merkleRoot(leaves) {
  let level = leaves;
  while (level.length > 1) {
    const next = [];
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index];
      const right = level[index + 1];
      if (left) next.push(right ? sha256(Buffer.concat([inner, left, right])) : left);
    }
    level = next;
  }
  return level[0] ?? Buffer.alloc(32);
}
function headOf(segment) {
  const { organization_id, epoch, first_number, event_count } = segment;
  return createHash("sha256").update(`${organization_id}.${epoch}.${first_number}.${event_count}.`).update(segment.merkle_root).update(segment.previous_head).digest();
}
var genesis = Buffer.alloc(32);
function signerFrom(pem) {
  const key = createPrivateKey(pem);
  const public_key = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
  return { id: sha256(public_key).toString("hex").slice(0, 32), public_key, sign: (head) => sign(null, head, key) };
}
function newSignerPem() {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
var inner = Buffer.from([1]);

// src/platform/journal/sequencer.ts
var entryOf = (row) => ({ ...row, events: decodeEntry(row.id, row.events) });
var entries_at_once = 24;
function createSequencer(options) {
  const { engine: engine2, signer } = options;
  async function seal() {
    return engine2.transact(async (tx) => {
      const lock = await tx.row(sql`select pg_try_advisory_xact_lock(7700001) as held`);
      if (!lock?.held) return { organization_ids: [], events: 0 };
      const entries = await nextEntries(tx);
      if (entries.length === 0) return { organization_ids: [], events: 0 };
      const heads = await headsOf(tx, entries);
      const segments = [];
      for (const [organization_id, own] of byOrganization(entries)) {
        let head = heads.get(organization_id) ?? { next_number: 1, head: genesis };
        for (const slices of helpings(own)) {
          const segment = segmentOf(organization_id, head, slices);
          segments.push(segment);
          head = { next_number: segment.first_number + segment.event_count, head: segment.head };
        }
      }
      await write2(tx, segments);
      const last = entries.at(-1)?.xid ?? "0";
      await tx.execute(sql`update journal_cursor set next_xid = (${last}::text::bigint + 1)::text::xid8`);
      const events = segments.reduce((sum, segment) => sum + segment.event_count, 0);
      return { organization_ids: [...new Set(segments.map((segment) => segment.organization_id))], events };
    });
  }
  let epoch = 1;
  async function nextEntries(tx) {
    const cursor = await tx.row(sql`
      select epoch, next_xid::text, pg_snapshot_xmin(pg_current_snapshot())::text as xmin from journal_cursor`);
    if (!cursor) return [];
    epoch = cursor.epoch;
    const rows = await tx.rows(sql`
      select organization_id, id, xid::text, at, events from journal_entries
      where epoch = ${epoch} and xid >= ${cursor.next_xid}::text::xid8 and xid < ${cursor.xmin}::text::xid8
      order by xid, organization_id, id limit ${entries_at_once}`);
    if (rows.length < entries_at_once) return rows.map(entryOf);
    const last = rows.at(-1)?.xid ?? "0";
    const whole = rows.filter((row) => row.xid !== last);
    if (whole.length > 0) return whole.map(entryOf);
    const same = await tx.rows(sql`
      select organization_id, id, xid::text, at, events from journal_entries
      where epoch = ${epoch} and xid = ${last}::text::xid8 order by organization_id, id`);
    return same.map(entryOf);
  }
  function segmentOf(organization_id, head, slices) {
    const leaves = [];
    const subjects = /* @__PURE__ */ new Set();
    for (const { entry, from, count: count2 } of slices)
      for (const event of entry.events.slice(from, from + count2)) {
        leaves.push(leafOf(organization_id, entry.at, event));
        if (event.goal_id !== void 0) subjects.add(event.goal_id);
        if (event.project_id !== void 0) subjects.add(event.project_id);
      }
    const facts = {
      organization_id,
      epoch,
      first_number: head.next_number,
      event_count: leaves.length,
      merkle_root: merkleRoot(leaves),
      previous_head: head.head
    };
    const next = headOf(facts);
    const parts = slices.map(({ entry, from, count: count2 }) => [entry.id, from, count2]);
    return { ...facts, parts, subject_ids: [...subjects], head: next, signature: signer.sign(next) };
  }
  async function write2(tx, segments) {
    for (const segment of segments)
      await tx.execute(sql`
        insert into journal_segments (organization_id, first_number, event_count, epoch, parts, subject_ids, merkle_root,
          previous_head, head, signer, signature)
        values (${segment.organization_id}, ${segment.first_number}, ${segment.event_count}, ${segment.epoch},
          ${JSON.stringify(segment.parts)}, ${segment.subject_ids}::uuid[], ${segment.merkle_root},
          ${segment.previous_head}, ${segment.head}, ${signer.id}, ${segment.signature})`);
    for (const segment of lastOfEach(segments))
      await tx.execute(sql`
        insert into journal_heads (organization_id, next_number, head)
        values (${segment.organization_id}, ${segment.first_number + segment.event_count}, ${segment.head})
        on conflict (organization_id) do update set next_number = excluded.next_number, head = excluded.head`);
  }
  return { seal };
}
async function headsOf(tx, entries) {
  const organization_ids = [...new Set(entries.map((entry) => entry.organization_id))];
  const rows = await tx.rows(sql`
    select organization_id, next_number, head from journal_heads where organization_id = any(${organization_ids}::uuid[])`);
  return new Map(rows.map((row) => [row.organization_id, row]));
}
function byOrganization(entries) {
  const groups = /* @__PURE__ */ new Map();
  for (const entry of entries) {
    const group = groups.get(entry.organization_id);
    if (group) group.push(entry);
    else groups.set(entry.organization_id, [entry]);
  }
  return groups;
}
function helpings(entries) {
  const all = [];
  let current = [];
  let room = limits.journal_segment_events;
  for (const entry of entries) {
    for (let from = 0; from < entry.events.length; ) {
      const count2 = Math.min(room, entry.events.length - from);
      current.push({ entry, from, count: count2 });
      from += count2;
      room -= count2;
      if (room > 0) continue;
      all.push(current);
      current = [];
      room = limits.journal_segment_events;
    }
  }
  if (current.length > 0) all.push(current);
  return all;
}
function lastOfEach(segments) {
  return [...new Map(segments.map((segment) => [segment.organization_id, segment])).values()];
}

// src/platform/dispatch/dispatch.ts
import { EventEmitter } from "node:events";
function createDispatch(relay) {
  const hints = new EventEmitter();
  hints.setMaxListeners(0);
  const announced = /* @__PURE__ */ new WeakMap();
  const wake = (queue) => void hints.emit(queue);
  return {
    announce(tx, queue) {
      const queues = announced.get(tx) ?? /* @__PURE__ */ new Set();
      announced.set(tx, queues);
      if (queues.has(queue)) return;
      queues.add(queue);
      tx.afterCommit(() => {
        wake(queue);
        relay?.(queue);
      });
    },
    wake,
    next(queue, { timeout_ms, signal }) {
      return new Promise((resolve) => {
        const done2 = () => {
          clearTimeout(timer);
          hints.off(queue, done2);
          signal.removeEventListener("abort", done2);
          resolve();
        };
        const timer = setTimeout(done2, timeout_ms);
        hints.on(queue, done2);
        signal.addEventListener("abort", done2);
        if (signal.aborted) done2();
      });
    },
    listen(queue, heard) {
      hints.on(queue, heard);
      return { [Symbol.dispose]: () => void hints.off(queue, heard) };
    }
  };
}

// src/platform/journal/events.ts
var system_actor = { kind: "system", id: "muster" };

// src/modules/planner/expansion.store.ts
var expansionStore = {
  /** The task now waits for its children; says whether the goal runs, so that they may be queued. */
  async grow(tx, task2, children) {
    const row = await tx.row(sql`
      with waiting as (
        update task_states set step = 'join', waits_on = ${children}
        where organization_id = ${task2.organization_id} and id = ${task2.task_id}
      ), goal as (
        update goals set open_tasks = open_tasks + ${children}
        where organization_id = ${task2.organization_id} and id = ${task2.goal_id} returning status
      )
      select coalesce((select status = 'running' from goal), true) as running`);
    return row?.running ?? true;
  },
  /** The children's outputs as JSON text, in the order of their items. */
  async childOutputs(tx, task2) {
    const rows = await tx.rows(sql`
      select coalesce(o.output::text, 'null') as output from tasks t
      left join task_outputs o on o.organization_id = t.organization_id and o.task_id = t.id
      where t.organization_id = ${task2.organization_id} and t.parent_id = ${task2.task_id}
      order by t.item_index`);
    return rows.map((row) => row.output);
  }
};

// src/modules/planner/goal.store.ts
var goalStore = {
  async insertGoal(tx, goal) {
    await tx.execute(sql`
      insert into goals (organization_id, id, project_id, title, text, status, strategy, plan_revision, priority,
        artifact_ids, variables, created_by, open_tasks, started_at)
      values (${goal.organization_id}, ${goal.id}, ${goal.project_id}, ${goal.title}, ${goal.text}, ${goal.status},
        ${goal.strategy}, ${goal.plan_revision}, ${goal.priority}, ${goal.artifact_ids}::uuid[], ${goal.variables},
        ${goal.created_by}, ${goal.open_tasks}, case when ${goal.status} = 'running' then muster_now() end)`);
  },
  async insertPlan(tx, plan) {
    await tx.execute(sql`
      insert into plans (organization_id, goal_id, id, revision, plan, because, created_by)
      values (${plan.organization_id}, ${plan.goal_id}, ${plan.id}, ${plan.revision}, ${plan.plan}, ${plan.because}, ${plan.created_by})`);
  },
  /** Tasks, what moves of them, their edges and their places in the queue: one statement for any number. */
  async graft(tx, graft) {
    const { organization_id, project_id, goal_id, tasks, edges } = graft;
    await tx.execute(sql`
      with given as (
        select * from unnest(${tasks.map((task2) => task2.id)}::uuid[], ${tasks.map((task2) => task2.key)}::text[],
          ${tasks.map((task2) => task2.title)}::text[], ${tasks.map((task2) => task2.capability)}::text[],
          ${tasks.map((task2) => task2.agent_id)}::uuid[], ${tasks.map((task2) => task2.priority)}::smallint[],
          ${tasks.map((task2) => task2.cost_micro_usd)}::bigint[], ${tasks.map((task2) => task2.tokens)}::bigint[],
          ${tasks.map((task2) => task2.timeout_ms)}::int[], ${tasks.map((task2) => task2.attempts_max)}::smallint[],
          ${tasks.map((task2) => task2.input)}::text[], ${tasks.map((task2) => task2.spec)}::text[],
          ${tasks.map((task2) => task2.step)}::text[], ${tasks.map((task2) => task2.waits_on)}::int[],
          ${tasks.map((task2) => task2.parent_id)}::uuid[], ${tasks.map((task2) => task2.item_index)}::int[],
          ${tasks.map((task2) => task2.retry_of)}::uuid[])
          as i (id, key, title, capability, agent_id, priority, cost_micro_usd, tokens, timeout_ms, attempts_max, input,
            spec, step, waits_on, parent_id, item_index, retry_of)
      ), made as (
        insert into tasks (organization_id, id, project_id, goal_id, revision, key, title, capability, agent_id, priority,
          cost_micro_usd, tokens, timeout_ms, attempts_max, input, spec, parent_id, item_index, retry_of, created_by)
        select ${organization_id}::uuid, id, ${project_id}::uuid, ${goal_id}::uuid, ${graft.revision}, key, title, capability,
          agent_id, priority, cost_micro_usd, tokens, timeout_ms, attempts_max, input::json, spec::json, parent_id,
          item_index, retry_of, ${graft.created_by}::json
        from given
      ), states as (
        insert into task_states (organization_id, id, goal_id, status, waits_on, step, ready_at)
        select ${organization_id}::uuid, id, ${goal_id}::uuid, case when waits_on = 0 and step = 'run' then 'ready' else 'pending' end,
          waits_on, step, case when waits_on = 0 then muster_now() end
        from given
      ), joined as (
        insert into task_edges (organization_id, from_id, to_id, on_failure)
        select ${organization_id}::uuid, from_id, to_id, on_failure
        from unnest(${edges.map((edge) => edge.from_id)}::uuid[], ${edges.map((edge) => edge.to_id)}::uuid[],
          ${edges.map((edge) => edge.on_failure)}::text[]) as e (from_id, to_id, on_failure)
      )
      insert into task_queue (organization_id, task_id, project_id, goal_id, priority, capability, agent_id, cost_micro_usd,
        tokens, available_at)
      select ${organization_id}::uuid, id, ${project_id}::uuid, ${goal_id}::uuid, priority, capability,
        coalesce(agent_id, '00000000-0000-0000-0000-000000000000'), cost_micro_usd, tokens, muster_now()
      from given where waits_on = 0 and step = 'run' and ${graft.queue}`);
  }
};

// src/modules/planner/planner.store.ts
var columns = (refs) => [
  refs.map((ref) => ref.organization_id),
  refs.map((ref) => ref.task_id)
];
function distinct(items, key) {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
var plannerStore = {
  take(tx, refs) {
    const [organization_ids, task_ids] = columns(refs);
    return tx.rows(sql`
      with wanted as (
        select q.organization_id, q.task_id, i.place
        from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[]) with ordinality as i (organization_id, task_id, place)
        join task_queue q on q.organization_id = i.organization_id and q.task_id = i.task_id
        for update of q skip locked
      ), taken as (
        delete from task_queue q using wanted w
        where q.organization_id = w.organization_id and q.task_id = w.task_id
        returning q.organization_id, q.task_id, w.place
      ), running as (
        update task_states s set status = 'running', because = null, leases = s.leases + 1 from taken k
        where s.organization_id = k.organization_id and s.id = k.task_id
        returning s.organization_id, s.id, s.leases, k.place
      )
      select t.organization_id, t.id as task_id, t.project_id, t.goal_id, t.revision, t.key, t.title, t.capability,
        t.agent_id, t.priority, t.cost_micro_usd, t.tokens, t.timeout_ms, t.attempts_max, t.input, t.spec, t.created_by, r.leases as token,
        case when r.leases > 1 then (
          select json_agg(json_build_object('from', f."from", 'at', f.at, 'text', f.text, 'violations', f.violations) order by f.at)
          from task_feedback f where f.organization_id = t.organization_id and f.task_id = t.id) end as feedback
      from running r join tasks t on t.organization_id = r.organization_id and t.id = r.id
      order by r.place`);
  },
  /** Among equals the project served longest ago comes first; a row that another claimer is writing is let be. */
  async served(tx, projects2) {
    const organization_ids = projects2.map((project2) => project2.organization_id);
    const project_ids = projects2.map((project2) => project2.project_id);
    await tx.execute(sql`
      with given as (
        select * from unnest(${organization_ids}::uuid[], ${project_ids}::uuid[]) as i (organization_id, project_id)
      ), free as (
        select t.organization_id, t.project_id from project_turns t join given using (organization_id, project_id)
        for update of t skip locked
      ), moved as (
        update project_turns t set served_at = muster_now() from free f
        where t.organization_id = f.organization_id and t.project_id = f.project_id
      )
      insert into project_turns (organization_id, project_id, served_at)
      select organization_id, project_id, muster_now() from given order by 1, 2 on conflict do nothing`);
  },
  tasks(tx, refs) {
    const [organization_ids, task_ids] = columns(refs);
    return tx.rows(sql`
      select t.organization_id, t.id as task_id, t.project_id, t.goal_id, t.revision, t.key, t.title, t.capability,
        t.agent_id, t.priority, t.cost_micro_usd, t.tokens, t.timeout_ms, t.attempts_max, t.input, t.spec, t.created_by, null as feedback
      from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[]) as i (organization_id, task_id)
      join tasks t on t.organization_id = i.organization_id and t.id = i.task_id`);
  },
  /**
   * Goals first, then gates, then tasks, each in the order of their ids: a `union all` runs its parts one after the
   * other. Everything that moves a goal's tasks waits for its turn at the goal; the tasks' own locks are met by nobody
   * who does not hold it. The parts are put together by `lockedStates`, which is cheaper than joins of unknown size.
   */
  lock(tx, refs) {
    const [organization_ids, task_ids] = columns(refs);
    const goals2 = distinct(refs.filter((ref) => ref.goal_id !== null), (ref) => ref.goal_id ?? "");
    const projects2 = distinct(refs, (ref) => ref.project_id);
    return tx.rows(sql`
      with goal as (
        select g.id, g.status
        from unnest(${goals2.map((ref) => ref.organization_id)}::uuid[], ${goals2.map((ref) => ref.goal_id)}::uuid[]) as i (organization_id, id)
        join goals g on g.organization_id = i.organization_id and g.id = i.id
        order by g.organization_id, g.id for no key update of g
      ), gate as (
        select p.project_id as id, p.stopped, p.policy_version
        from unnest(${projects2.map((ref) => ref.organization_id)}::uuid[], ${projects2.map((ref) => ref.project_id)}::uuid[]) as i (organization_id, id)
        join projects_gate_v p on p.organization_id = i.organization_id and p.project_id = i.id
        order by p.organization_id, p.project_id for share of p
      ), state as (
        select s.id, s.status, s.attempts, s.leases_lost, s.retries, s.conflicts
        from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[]) as i (organization_id, id)
        join task_states s on s.organization_id = i.organization_id and s.id = i.id
        order by s.organization_id, s.id for no key update of s
      )
      select 'goal' as what, id, status, null::boolean as stopped, null::int as policy_version, null::smallint as attempts,
        null::smallint as leases_lost, null::smallint as retries, null::smallint as conflicts from goal
      union all
      select 'gate', id, null, stopped, policy_version, null, null, null, null from gate
      union all
      select 'state', id, status, null, null, attempts, leases_lost, retries, conflicts from state`);
  },
  /**
   * Ends tasks, any number, in one statement: their rows and outputs, the counts and queue rows of dependents that this
   * frees, and their goals. What it cannot decide alone (an edge broken by a failure, a task to be expanded) comes back.
   */
  end(tx, ended2) {
    const [organization_ids, task_ids] = columns(ended2);
    return tx.rows(sql`
      with given as (
        select * from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[], ${ended2.map((one) => one.to)}::text[],
          ${ended2.map((one) => one.to === "done" ? null : one.because)}::text[],
          ${ended2.map((one) => one.run_id)}::uuid[], ${ended2.map((one) => one.to === "done" ? one.output : null)}::text[],
          ${ended2.map((one) => one.to === "done" ? one.output_sha256 : null)}::text[])
          as i (organization_id, id, status, because, run_id, output, sha256)
      ), moved as (
        update task_states s set status = i.status, because = i.because, run_id = coalesce(i.run_id, s.run_id),
          ended_at = muster_now()
        from given i
        where s.organization_id = i.organization_id and s.id = i.id and s.ended_at is null
        returning s.organization_id, s.id, s.goal_id, s.status
      ), kept as (
        insert into task_outputs (organization_id, task_id, run_id, output, sha256)
        select i.organization_id, i.id, i.run_id, i.output::json, i.sha256 from given i where i.output is not null
        on conflict do nothing
      ), edges as (
        select e.organization_id, e.from_id, e.to_id, e.on_failure, m.status
        from moved m join task_edges e on e.organization_id = m.organization_id and e.from_id = m.id
      ), unblocked as (
        update task_states s set waits_on = s.waits_on - r.parents,
          status = case when s.waits_on = r.parents and s.step = 'run' then 'ready' else s.status end,
          ready_at = case when s.waits_on = r.parents then muster_now() end
        from (select organization_id, to_id, count(*)::int as parents from edges
          where status = 'done' or on_failure = 'continue' group by 1, 2) r
        where s.organization_id = r.organization_id and s.id = r.to_id and s.status = 'pending'
        returning s.organization_id, s.id, s.goal_id, s.waits_on, s.step
      ), free as (
        select u.organization_id, u.id, u.goal_id, u.step, t.project_id, t.priority, t.capability, t.agent_id,
          t.cost_micro_usd, t.tokens
        from unblocked u join tasks t on t.organization_id = u.organization_id and t.id = u.id
        where u.waits_on = 0
      ), queued as (
        insert into task_queue (organization_id, task_id, project_id, goal_id, priority, capability, agent_id,
          cost_micro_usd, tokens, available_at)
        select f.organization_id, f.id, f.project_id, f.goal_id, f.priority, f.capability,
          coalesce(f.agent_id, '00000000-0000-0000-0000-000000000000'), f.cost_micro_usd, f.tokens, muster_now()
        from free f join goals g on g.organization_id = f.organization_id and g.id = f.goal_id
        where f.step = 'run' and g.status = 'running'
      ), goal as (
        update goals g set open_tasks = g.open_tasks - m.tasks, leaf_failed = g.leaf_failed or m.leaf_failed,
          status = case when g.open_tasks > m.tasks or g.status = 'cancelled' then g.status
            when g.leaf_failed or m.leaf_failed then 'failed' else 'done' end,
          ended_at = case when g.open_tasks = m.tasks then muster_now() end
        from (select organization_id, goal_id, count(*)::int as tasks,
            bool_or(status in ('failed', 'rejected', 'cancelled') and not exists (
              select from task_edges e where e.organization_id = moved.organization_id and e.from_id = moved.id)) as leaf_failed
          from moved where goal_id is not null group by 1, 2) m
        where g.organization_id = m.organization_id and g.id = m.goal_id
        returning g.organization_id, g.id, g.project_id, g.open_tasks, g.status
      )
      select f.step as what, f.organization_id, f.project_id, f.goal_id, f.id as task_id, null as on_failure, null as cause,
        null as cause_key, null as status
      from free f
      union all
      select 'broken', e.organization_id, t.project_id, t.goal_id, e.to_id, e.on_failure, e.status, t.key, null
      from edges e join tasks t on t.organization_id = e.organization_id and t.id = e.from_id
      where e.status <> 'done' and e.on_failure <> 'continue'
      union all
      select 'goal', organization_id, project_id, id, null, null, null, null, status
      from goal where open_tasks = 0 and status <> 'cancelled'`);
  },
  /** Puts tasks back into the queue (their goal runs) or leaves them ready outside of it (it is paused). */
  async giveBack(tx, returned) {
    const [organization_ids, task_ids] = columns(returned);
    await tx.execute(sql`
      with given as (
        select * from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[], ${returned.map((one) => one.because)}::text[],
          ${returned.map((one) => one.run_id)}::uuid[], ${returned.map((one) => one.counts)}::text[],
          ${returned.map((one) => one.delay_ms)}::float8[],
          ${returned.map((one) => one.feedback ? JSON.stringify(one.feedback) : null)}::text[]::json[])
          as i (organization_id, id, because, run_id, counts, delay_ms, feedback)
      ), moved as (
        update task_states s set status = 'ready', because = i.because, run_id = coalesce(i.run_id, s.run_id),
          ready_at = muster_now(),
          attempts = s.attempts + (i.counts = 'attempts')::int, leases_lost = s.leases_lost + (i.counts = 'leases_lost')::int,
          retries = s.retries + (i.counts = 'retries')::int, conflicts = s.conflicts + (i.counts = 'conflicts')::int
        from given i where s.organization_id = i.organization_id and s.id = i.id
        returning s.organization_id, s.id, s.goal_id, i.delay_ms
      ), told as (
        insert into task_feedback (organization_id, task_id, "from", text, violations)
        select i.organization_id, i.id, i.feedback ->> 'from', i.feedback ->> 'text', i.feedback -> 'violations'
        from given i where i.feedback is not null
      )
      insert into task_queue (organization_id, task_id, project_id, goal_id, priority, capability, agent_id,
        cost_micro_usd, tokens, available_at)
      select t.organization_id, t.id, t.project_id, t.goal_id, t.priority, t.capability,
        coalesce(t.agent_id, '00000000-0000-0000-0000-000000000000'), t.cost_micro_usd, t.tokens,
        muster_now() + make_interval(secs => m.delay_ms / 1000)
      from moved m join tasks t on t.organization_id = m.organization_id and t.id = m.id
      left join goals g on g.organization_id = t.organization_id and g.id = t.goal_id
      where g.id is null or g.status = 'running'`);
  },
  async hold(tx, held) {
    const [organization_ids, task_ids] = columns(held);
    await tx.execute(sql`
      update task_states s set status = i.status, because = i.because, run_id = coalesce(i.run_id, s.run_id)
      from unnest(${organization_ids}::uuid[], ${task_ids}::uuid[], ${held.map((one) => one.to)}::text[],
        ${held.map((one) => one.because)}::text[], ${held.map((one) => one.run_id)}::uuid[])
        as i (organization_id, id, status, because, run_id)
      where s.organization_id = i.organization_id and s.id = i.id`);
  },
  /** Outputs of a goal's tasks by key, in the newest revision that has the key. */
  outputs(tx, wanted) {
    return tx.rows(sql`
      select distinct on (t.organization_id, t.goal_id, t.key)
        t.organization_id, t.goal_id, t.key, s.status, s.because, o.output::text as output
      from unnest(${wanted.map((one) => one.organization_id)}::uuid[], ${wanted.map((one) => one.goal_id)}::uuid[],
        ${wanted.map((one) => one.key)}::text[]) as i (organization_id, goal_id, key)
      join tasks t on t.organization_id = i.organization_id and t.goal_id = i.goal_id and t.key = i.key
      join task_states s on s.organization_id = t.organization_id and s.id = t.id
      left join task_outputs o on o.organization_id = t.organization_id and o.task_id = t.id
      order by t.organization_id, t.goal_id, t.key, t.revision desc`);
  }
};

// ../contract/references.ts
var grammar = /^([A-Za-z0-9_][A-Za-z0-9_-]*(?:\[\d{1,9}\])?)((?:\.[^.[\]\s]+|\[\d{1,9}\])*)$/;
var step = /\.([^.[\]\s]+)|\[(\d{1,9})\]/g;
var inner_words = /* @__PURE__ */ new Set(["item", "index"]);
function parseReference(text2) {
  const found = grammar.exec(text2);
  if (!found) return null;
  const [, key = "", rest = ""] = found;
  const bare = key.replace(/\[\d+\]$/, "");
  if (inner_words.has(bare)) return parsePath(bare, key.slice(bare.length) + rest);
  if (rest !== ".output" && !rest.startsWith(".output.") && !rest.startsWith(".output[")) return null;
  return parsePath(key, rest.slice(".output".length));
}
function parsePath(key, rest) {
  const path2 = [...rest.matchAll(step)].map(([, name2, index]) => index === void 0 ? name2 ?? "" : Number(index));
  return { key, path: path2 };
}
function isReference(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const keys2 = Object.keys(value);
  return keys2.length === 1 && keys2[0] === "$from" && typeof value.$from === "string";
}
function referencesIn(value) {
  const found = [];
  const pending = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (isReference(next)) found.push(next.$from);
    else if (typeof next === "object" && next !== null) pending.push(...Object.values(next));
  }
  return found;
}
function valueAt(value, path2) {
  let found = value;
  for (const part of path2) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, part)) return void 0;
    found = found[part];
  }
  return found;
}
function resolveReferences(value, lookup) {
  if (isReference(value)) return lookup(value.$from);
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, lookup));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveReferences(item, lookup)]));
}
function parseOwnReference(text2) {
  const found = /^(output|item|index)((?:\.[^.[\]\s]+|\[\d{1,9}\])*)$/.exec(text2);
  if (!found) return null;
  return { word: found[1], path: parsePath("", found[2] ?? "").path };
}

// src/modules/planner/operations/inputs.ts
var InputMissing = class extends Error {
  name = "InputMissing";
};
async function resolveInputs(tx, tasks) {
  const outputs = await outputsFor(tx, tasks.filter((task2) => task2.spec.refers));
  const resolved = [];
  const missing = [];
  for (const task2 of tasks) {
    try {
      resolved.push(task2.spec.refers ? { ...task2, input: inputOf(task2, outputs) } : task2);
    } catch (error) {
      if (!(error instanceof InputMissing)) throw error;
      missing.push([task2, error]);
    }
  }
  return { tasks: resolved, missing };
}
async function outputsFor(tx, tasks) {
  const wanted = /* @__PURE__ */ new Map();
  for (const { organization_id, goal_id, input: input2, spec } of tasks) {
    if (goal_id === null) continue;
    for (const text2 of referencesIn([input2, spec.for_each ?? null])) {
      const key = parseReference(text2)?.key;
      if (key !== void 0 && key !== "item" && key !== "index") wanted.set(`${goal_id} ${key}`, { organization_id, goal_id, key });
    }
  }
  if (wanted.size === 0) return /* @__PURE__ */ new Map();
  const rows = await plannerStore.outputs(tx, [...wanted.values()]);
  return new Map(
    rows.map((row) => [
      `${row.goal_id} ${row.key}`,
      { output: row.output === null ? void 0 : JSON.parse(row.output), failed: row.status !== "done" }
    ])
  );
}
function inputOf(task2, outputs) {
  return resolveReferences(task2.input, (text2) => referred(task2, text2, outputs));
}
function referred(task2, text2, outputs) {
  const reference2 = parseReference(text2);
  if (!reference2) throw new InputMissing(`input_missing: "${text2}" is not a reference`);
  const { key, path: path2 } = reference2;
  const item = task2.spec.item;
  if (key === "index" && item) return item.index;
  const known = key === "item" && item ? { output: item.value, failed: false } : outputs.get(`${task2.goal_id} ${key}`);
  if (!known) throw new InputMissing(`input_missing: "${text2}" names no task of this goal`);
  if (known.failed) return null;
  const value = valueAt(known.output, path2);
  if (value === void 0) throw new InputMissing(`input_missing: "${text2}" leads nowhere in the output of "${key}"`);
  return value;
}

// src/modules/planner/operations/expand.ts
async function expandTasks(parts, tx, { tasks: consequences, actor: actor3 }) {
  const refs = consequences.flatMap(({ organization_id, task_id, what }) => task_id === null ? [] : [{ organization_id, task_id, what }]);
  const tasks = new Map((await plannerStore.tasks(tx, refs)).map((task2) => [task2.task_id, task2]));
  const ended2 = [];
  for (const { task_id, what } of refs) {
    const task2 = tasks.get(task_id);
    if (!task2) continue;
    const end = what === "join" ? await join(tx, task2, actor3) : await expand(parts, tx, { task: task2, actor: actor3 });
    if (end) ended2.push(end);
  }
  return ended2;
}
async function expand(parts, tx, { task: task2, actor: actor3 }) {
  const { organization_id, task_id, spec } = task2;
  const fail = (because) => ({ ...placeOf(task2), to: "failed", run_id: null, actor: actor3, because });
  let items;
  try {
    items = referred(task2, spec.for_each?.$from ?? "", await outputsFor(tx, [task2]));
  } catch (error) {
    if (error instanceof InputMissing) return fail(error.message);
    throw error;
  }
  if (items === null) items = [];
  if (!Array.isArray(items)) return fail(`input_missing: "${spec.for_each?.$from}" is not a list`);
  if (items.length > limits.plan_fan_out_max)
    return fail(`too_wide: "${spec.for_each?.$from}" has ${items.length} items; the limit is ${limits.plan_fan_out_max}`);
  if (items.length === 0) return done(task2, "[]", actor3);
  const children = items.map((value, index) => childOf(task2, value, index));
  await goalStore.graft(tx, {
    organization_id,
    project_id: task2.project_id,
    goal_id: task2.goal_id,
    revision: task2.revision,
    created_by: JSON.stringify(task2.created_by),
    tasks: children,
    edges: children.map((child) => ({ from_id: child.id, to_id: task_id, on_failure: "fail" })),
    queue: await expansionStore.grow(tx, task2, children.length)
  });
  parts.announce(tx);
  parts.journal.record(tx, organization_id, children.map((child) => ({
    type: "task.ready",
    actor: actor3,
    project_id: task2.project_id,
    goal_id: task2.goal_id ?? void 0,
    task_id: child.id,
    data: { key: child.key }
  })));
  return void 0;
}
function childOf(task2, value, index) {
  const { for_each: _, ...spec } = task2.spec;
  return {
    id: newId(),
    key: `${task2.key}[${index}]`,
    title: `${task2.title} [${index}]`,
    capability: task2.capability,
    agent_id: task2.agent_id,
    priority: task2.priority,
    cost_micro_usd: task2.cost_micro_usd,
    tokens: task2.tokens,
    timeout_ms: task2.timeout_ms,
    attempts_max: task2.attempts_max,
    input: JSON.stringify(task2.input),
    spec: JSON.stringify({ ...spec, refers: true, item: { value, index } }),
    step: "run",
    waits_on: 0,
    parent_id: task2.task_id,
    item_index: index,
    retry_of: null
  };
}
async function join(tx, task2, actor3) {
  const output = `[${(await expansionStore.childOutputs(tx, task2)).join(",")}]`;
  if (output.length <= limits.document_bytes_max) return done(task2, output, actor3);
  const because = `too_large: the outputs of its ${limits.document_bytes_max}-byte limit were passed by ${output.length} bytes together`;
  return { ...placeOf(task2), to: "failed", run_id: null, actor: actor3, because };
}
function done(task2, output, actor3) {
  return { ...placeOf(task2), to: "done", run_id: null, actor: actor3, output, output_sha256: sha256(output).toString("hex") };
}
function placeOf({ organization_id, task_id, project_id, goal_id }) {
  return { organization_id, task_id, project_id, goal_id };
}

// src/modules/planner/locked.rules.ts
function lockedStates(refs, rows) {
  const found = new Map(rows.map((row) => [`${row.what} ${row.id}`, row]));
  return refs.flatMap((ref) => {
    const state2 = found.get(`state ${ref.task_id}`);
    const gate = found.get(`gate ${ref.project_id}`);
    const goal = ref.goal_id === null ? void 0 : found.get(`goal ${ref.goal_id}`);
    if (state2?.what !== "state" || gate?.what !== "gate") return [];
    const { organization_id, task_id, project_id, goal_id } = ref;
    const { status, attempts, leases_lost, retries, conflicts } = state2;
    const { stopped, policy_version } = gate;
    const counters = { attempts, leases_lost, retries, conflicts };
    return [{ organization_id, task_id, project_id, goal_id, goal_status: goal?.what === "goal" ? goal.status : null, status, stopped, policy_version, ...counters }];
  });
}

// src/modules/planner/planner.rules.ts
function effectOfEnd(end, on_failure) {
  if (end === "done" || on_failure === "continue") return "release";
  if (end === "skipped") return "skip";
  return on_failure;
}
var priority_ranks = { urgent: 0, high: 1, medium: 2, low: 3 };

// src/modules/planner/operations/settle.ts
async function settleTasks(parts, tx, outcomes) {
  const returned = outcomes.filter((outcome) => outcome.to === "ready");
  const held = outcomes.filter((outcome) => outcome.to === "in_review" || outcome.to === "awaiting_approval");
  const ended2 = outcomes.filter((outcome) => !returned.includes(outcome) && !held.includes(outcome));
  if (returned.length > 0) {
    await plannerStore.giveBack(tx, returned);
    parts.announce(tx);
  }
  if (held.length > 0) await plannerStore.hold(tx, held);
  await endTasks(parts, tx, ended2);
}
async function endTasks(parts, tx, first) {
  let round2 = first;
  while (round2.length > 0) {
    const [any] = round2;
    const actor3 = any?.actor ?? system_actor;
    const consequences = await plannerStore.end(tx, round2);
    record(parts, tx, { round: round2, consequences });
    if (consequences.some(({ what }) => what === "run")) parts.announce(tx);
    const next = /* @__PURE__ */ new Map();
    for (const broken of consequences) {
      const end = endOf(broken, actor3);
      if (end) next.set(end.task_id, end);
    }
    const questions = consequences.filter(asksSomebody);
    if (questions.length > 0) await parts.ask(tx, questions, actor3);
    const growing = consequences.filter(({ what }) => what === "expand" || what === "join");
    if (growing.length > 0) for (const end of await parts.expand(tx, growing, actor3)) next.set(end.task_id, end);
    round2 = [...next.values()];
  }
}
function endOf(consequence, actor3) {
  if (consequence.what !== "broken") return void 0;
  const { organization_id, task_id, project_id, goal_id, cause, cause_key, on_failure } = consequence;
  const effect = effectOfEnd(cause, on_failure);
  if (effect !== "fail" && effect !== "skip") return void 0;
  const to = effect === "fail" ? "failed" : "skipped";
  return { organization_id, task_id, project_id, goal_id, to, run_id: null, actor: actor3, because: `dependency ${cause_key} ${cause}` };
}
function asksSomebody(consequence) {
  if (consequence.what === "approve") return true;
  if (consequence.what !== "broken") return false;
  const effect = effectOfEnd(consequence.cause, consequence.on_failure);
  return effect === "ask" || effect === "replan";
}
function record(parts, tx, { round: round2, consequences }) {
  const events = /* @__PURE__ */ new Map();
  const add = (organization_id, event) => {
    const list = events.get(organization_id);
    if (list) list.push(event);
    else events.set(organization_id, [event]);
  };
  for (const end of round2) add(end.organization_id, endEvent(end));
  for (const one of consequences) {
    const { organization_id, project_id, goal_id } = one;
    const subject = { actor: system_actor, project_id, goal_id: goal_id ?? void 0 };
    if (one.what === "run") add(organization_id, { type: "task.ready", ...subject, task_id: one.task_id });
    if (one.what === "goal") add(organization_id, { type: `goal.${one.status}`, ...subject });
  }
  for (const [organization_id, list] of events) parts.journal.record(tx, organization_id, list);
}
function endEvent(end) {
  const { project_id, goal_id, task_id, run_id, actor: actor3 } = end;
  const subject = { actor: actor3, project_id, goal_id: goal_id ?? void 0, task_id, run_id: run_id ?? void 0 };
  return { type: `task.${end.to}`, ...subject, ...end.to !== "done" && { data: { because: end.because } } };
}

// src/modules/planner/planner.service.ts
function createPlanner(parts) {
  const settling = {
    journal: parts.journal,
    announce: (tx) => parts.dispatch.announce(tx, "task_queue"),
    expand: (tx, tasks, actor3) => expandTasks(settling, tx, { tasks, actor: actor3 }),
    ask: parts.ask
  };
  async function failMissing(tx, missing) {
    const ended2 = missing.map(([task2, problem]) => {
      const { organization_id, task_id, project_id, goal_id } = task2;
      return { organization_id, task_id, project_id, goal_id, to: "failed", run_id: null, actor: system_actor, because: problem.message };
    });
    await plannerStore.lock(tx, missing.map(([task2]) => task2));
    await endTasks(settling, tx, ended2);
  }
  return {
    settling,
    async take(tx, refs, fair) {
      const taken = await plannerStore.take(tx, refs);
      if (fair && taken.length > 0) await plannerStore.served(tx, projectsOf(taken));
      if (!taken.some((task2) => task2.spec.refers)) return taken;
      const { tasks, missing } = await resolveInputs(tx, taken);
      if (missing.length > 0) await failMissing(tx, missing);
      return tasks;
    },
    tasks: (tx, refs) => plannerStore.tasks(tx, refs),
    lock: async (tx, refs) => lockedStates(refs, await plannerStore.lock(tx, refs)),
    settle: (tx, outcomes) => settleTasks(settling, tx, outcomes)
  };
}
function projectsOf(tasks) {
  return [...new Map(tasks.map((task2) => [`${task2.organization_id} ${task2.project_id}`, task2])).values()];
}

// src/modules/budgets/budgets.rules.ts
function scopesOf(request) {
  const { organization_id, project_id, goal_id, agent_id } = request;
  const scopes = [
    ["organization", organization_id],
    ["project", project_id],
    ["agent", agent_id]
  ];
  if (goal_id !== null) scopes.push(["goal", goal_id]);
  return scopes;
}
var scopeKey = (kind, id) => `${kind} ${id}`;
function fitting(candidates, balances) {
  const by_scope = groupBy(balances);
  const taken = new Map(
    balances.map((balance) => [balance.limit_id, { cost: 0, tokens: 0, live: 0 }])
  );
  const admitted = /* @__PURE__ */ new Set();
  const refusals = [];
  for (const candidate of candidates) {
    const met = scopesOf(candidate).flatMap(([kind, id]) => by_scope.get(scopeKey(kind, id)) ?? []);
    const refusal = met.map((balance) => refusalOf(candidate, balance, taken.get(balance.limit_id))).find((one) => one !== null);
    if (refusal) {
      refusals.push(refusal);
      continue;
    }
    admitted.add(candidate.task_id);
    for (const { limit_id } of met) {
      const sum = taken.get(limit_id);
      if (!sum) continue;
      sum.cost += candidate.cost_micro_usd;
      sum.tokens += candidate.tokens;
      sum.live += 1;
    }
  }
  return { admitted, refusals };
}
function refusalOf(candidate, balance, taken) {
  const { limit_id, cost_micro_usd, tokens, live_runs, closed } = balance;
  const refuse = (reason) => ({ task_id: candidate.task_id, limit_id, reason });
  const sum = taken ?? { cost: 0, tokens: 0, live: 0 };
  if (live_runs !== null && balance.live + sum.live + 1 > live_runs) return refuse("limit");
  const spends = candidate.cost_micro_usd > 0 || candidate.tokens > 0;
  if (!spends) return null;
  if (closed) return refuse("budget");
  const cost = balance.held_micro_usd + balance.used_micro_usd + sum.cost + candidate.cost_micro_usd;
  if (cost_micro_usd !== null && cost > cost_micro_usd) return refuse("budget");
  const used_tokens = balance.held_tokens + balance.used_tokens + sum.tokens + candidate.tokens;
  return tokens !== null && used_tokens > tokens ? refuse("budget") : null;
}
function groupBy(balances) {
  const groups = /* @__PURE__ */ new Map();
  for (const balance of balances) {
    const key = scopeKey(balance.scope_kind, balance.scope_id);
    const group = groups.get(key);
    if (group) group.push(balance);
    else groups.set(key, [balance]);
  }
  return groups;
}

// src/modules/budgets/budgets.store.ts
var budgetsStore = {
  /** Limits of the scopes with their windows' balances; the limits' rows are locked in the order of their ids. */
  lock(tx, scopes) {
    return tx.rows(sql`
      select l.organization_id, l.id as limit_id, l.scope_kind, l.scope_id, l.cost_micro_usd, l.tokens, l.live_runs,
        l.closed_at is not null as closed, w.window_start, coalesce(b.held_micro_usd, 0) as held_micro_usd,
        coalesce(b.held_tokens, 0) as held_tokens, coalesce(b.used_micro_usd, 0) as used_micro_usd,
        coalesce(b.used_tokens, 0) as used_tokens
      from unnest(${scopes.map((scope2) => scope2.organization_id)}::uuid[], ${scopes.map((scope2) => scope2.scope_kind)}::text[],
        ${scopes.map((scope2) => scope2.scope_id)}::uuid[]) as i (organization_id, scope_kind, scope_id)
      join budget_limits l on l.organization_id = i.organization_id and l.scope_kind = i.scope_kind and l.scope_id = i.scope_id
      cross join lateral (select case l.budget_window when 'day' then date_trunc('day', muster_now() at time zone 'UTC') at time zone 'UTC'
        else '1970-01-01T00:00:00Z'::timestamptz end as window_start) w
      left join budget_balances b on b.organization_id = l.organization_id and b.limit_id = l.id and b.window_start = w.window_start
      order by l.organization_id, l.id for no key update of l`);
  },
  async hold(tx, holds) {
    await tx.execute(sql`
      insert into budget_holds (organization_id, run_id, cost_micro_usd, tokens, balances)
      select organization_id, run_id, cost_micro_usd, tokens, balances::json
      from unnest(${holds.map((one) => one.organization_id)}::uuid[], ${holds.map((one) => one.run_id)}::uuid[],
        ${holds.map((one) => one.cost_micro_usd)}::bigint[], ${holds.map((one) => one.tokens)}::bigint[],
        ${holds.map((one) => JSON.stringify(one.balances))}::text[])
        as i (organization_id, run_id, cost_micro_usd, tokens, balances)`);
  },
  /** Takes holds away; what is gone already is left out, so that nothing is settled twice. */
  takeHolds(tx, runs) {
    return tx.rows(sql`
      delete from budget_holds h
      using unnest(${runs.map((run) => run.organization_id)}::uuid[], ${runs.map((run) => run.run_id)}::uuid[]) as i (organization_id, run_id)
      where h.organization_id = i.organization_id and h.run_id = i.run_id
      returning h.organization_id, h.run_id, h.cost_micro_usd, h.tokens, h.balances`);
  },
  /** Adds to balances, one row each, in key order. Returns what passed 90 % of its limit or went over it by this. */
  async change(tx, changes) {
    const sorted2 = [...changes].sort((a, b) => a.limit_id + a.window_start < b.limit_id + b.window_start ? -1 : 1);
    return tx.rows(sql`
      with moved as (
        insert into budget_balances as b (organization_id, limit_id, window_start, held_micro_usd, held_tokens, used_micro_usd, used_tokens)
        select * from unnest(${sorted2.map((one) => one.organization_id)}::uuid[], ${sorted2.map((one) => one.limit_id)}::uuid[],
          ${sorted2.map((one) => one.window_start)}::timestamptz[], ${sorted2.map((one) => one.held_micro_usd)}::bigint[],
          ${sorted2.map((one) => one.held_tokens)}::bigint[], ${sorted2.map((one) => one.used_micro_usd)}::bigint[],
          ${sorted2.map((one) => one.used_tokens)}::bigint[])
        on conflict (organization_id, limit_id, window_start) do update set
          held_micro_usd = b.held_micro_usd + excluded.held_micro_usd, held_tokens = b.held_tokens + excluded.held_tokens,
          used_micro_usd = b.used_micro_usd + excluded.used_micro_usd, used_tokens = b.used_tokens + excluded.used_tokens
        returning b.organization_id, b.limit_id, b.used_micro_usd, b.used_tokens, b.warned, b.window_start
      )
      select m.organization_id, m.limit_id, m.window_start, l.scope_kind, l.scope_id,
        m.used_micro_usd > l.cost_micro_usd or m.used_tokens > l.tokens as closed
      from moved m join budget_limits l on l.organization_id = m.organization_id and l.id = m.limit_id
      where not m.warned and (m.used_micro_usd >= 0.9 * l.cost_micro_usd or m.used_tokens >= 0.9 * l.tokens)`);
  },
  async warned(tx, limits2) {
    const organization_ids = limits2.map((limit) => limit.organization_id);
    const ids = limits2.map((limit) => limit.limit_id);
    await tx.execute(sql`
      update budget_balances b set warned = true
      from unnest(${organization_ids}::uuid[], ${ids}::uuid[]) as i (organization_id, limit_id)
      where b.organization_id = i.organization_id and b.limit_id = i.limit_id`);
  },
  async charge(tx, charges) {
    await tx.execute(sql`
      insert into budget_charges (organization_id, run_id, project_id, goal_id, task_id, agent_id, category, cost_micro_usd,
        tokens, unknown_usage)
      select organization_id, run_id, project_id, goal_id, task_id, agent_id, 'inference', cost_micro_usd, tokens, unknown_usage
      from unnest(${charges.map((one) => one.organization_id)}::uuid[], ${charges.map((one) => one.run_id)}::uuid[],
        ${charges.map((one) => one.project_id)}::uuid[], ${charges.map((one) => one.goal_id)}::uuid[],
        ${charges.map((one) => one.task_id)}::uuid[], ${charges.map((one) => one.agent_id)}::uuid[],
        ${charges.map((one) => one.cost_micro_usd)}::bigint[], ${charges.map((one) => one.tokens)}::bigint[],
        ${charges.map((one) => one.unknown_usage)}::boolean[])
        as i (organization_id, run_id, project_id, goal_id, task_id, agent_id, cost_micro_usd, tokens, unknown_usage)
      on conflict do nothing`);
  }
};

// src/modules/budgets/budgets.service.ts
function createBudgets({ journal: journal2 }) {
  async function change2(tx, changes) {
    if (changes.length === 0) return;
    const passed = await budgetsStore.change(tx, summed(changes));
    if (passed.length === 0) return;
    await budgetsStore.warned(tx, passed);
    for (const { organization_id, limit_id, scope_kind, scope_id, closed } of passed)
      journal2.record(tx, organization_id, [
        { type: closed ? "budget.closed" : "budget.warned", actor: system_actor, data: { limit_id, scope_kind, scope_id } }
      ]);
  }
  return {
    async admit(tx, candidates, countLive) {
      const locked = await budgetsStore.lock(tx, distinctScopes(candidates));
      const counted = locked.filter((balance) => balance.live_runs !== null);
      const live = counted.length > 0 ? await countLive(counted) : [];
      const live_by_limit = new Map(counted.map((balance, index) => [balance.limit_id, live[index] ?? 0]));
      const balances = locked.map((balance) => ({ ...balance, live: live_by_limit.get(balance.limit_id) ?? 0 }));
      return {
        ...fitting(candidates, balances),
        async hold(runs) {
          const spending = runs.filter(({ cost_micro_usd, tokens }) => cost_micro_usd > 0 || tokens > 0);
          const holds = spending.map((run) => ({ ...run, balances: moneyLimitsOf(run, balances) })).filter((hold) => hold.balances.length > 0);
          if (holds.length === 0) return;
          await change2(tx, holds.flatMap((hold) => changesOf(hold, { held: 1, used: 0 })));
          await budgetsStore.hold(tx, holds);
        }
      };
    },
    async settle(tx, settlements) {
      const holds = new Map((await budgetsStore.takeHolds(tx, settlements)).map((hold) => [hold.run_id, hold]));
      const changes = [];
      const charges = [];
      for (const settlement of settlements) {
        const hold = holds.get(settlement.run_id);
        const used2 = usedOf(settlement, hold);
        if (hold) changes.push(...changesOf(hold, { held: -1, used: 0 }), ...changesOf({ ...hold, ...used2 }, { held: 0, used: 1 }));
        if (hold || used2.cost_micro_usd > 0 || used2.tokens > 0) charges.push(chargeOf(settlement, used2));
      }
      await change2(tx, changes);
      if (charges.length > 0) await budgetsStore.charge(tx, charges);
    },
    async release(tx, runs) {
      const holds = await budgetsStore.takeHolds(tx, runs);
      await change2(tx, holds.flatMap((hold) => changesOf(hold, { held: -1, used: 0 })));
    }
  };
}
function usedOf({ usage }, hold) {
  if (usage) return usage;
  return { cost_micro_usd: hold?.cost_micro_usd ?? 0, tokens: hold?.tokens ?? 0 };
}
function chargeOf(settlement, used2) {
  const { organization_id, run_id, project_id, goal_id, task_id, agent_id, usage } = settlement;
  return { organization_id, run_id, project_id, goal_id, task_id, agent_id, ...used2, unknown_usage: usage === void 0 };
}
function changesOf(hold, times) {
  const { organization_id, cost_micro_usd, tokens } = hold;
  return hold.balances.map(({ limit_id, window_start }) => ({
    organization_id,
    limit_id,
    window_start,
    held_micro_usd: times.held * cost_micro_usd,
    held_tokens: times.held * tokens,
    used_micro_usd: times.used * cost_micro_usd,
    used_tokens: times.used * tokens
  }));
}
function summed(changes) {
  const sums = /* @__PURE__ */ new Map();
  for (const change2 of changes) {
    const key = `${change2.limit_id} ${change2.window_start}`;
    const sum = sums.get(key);
    sums.set(key, sum ? added(sum, change2) : change2);
  }
  return [...sums.values()];
}
function added(a, b) {
  return {
    ...a,
    held_micro_usd: a.held_micro_usd + b.held_micro_usd,
    held_tokens: a.held_tokens + b.held_tokens,
    used_micro_usd: a.used_micro_usd + b.used_micro_usd,
    used_tokens: a.used_tokens + b.used_tokens
  };
}
function distinctScopes(candidates) {
  const scopes = /* @__PURE__ */ new Map();
  for (const candidate of candidates)
    for (const [scope_kind, scope_id] of scopesOf(candidate)) {
      const { organization_id } = candidate;
      scopes.set(scopeKey(scope_kind, scope_id), { organization_id, scope_kind, scope_id });
    }
  return [...scopes.values()];
}
function moneyLimitsOf(run, balances) {
  const scopes = new Set(scopesOf(run).map(([kind, id]) => scopeKey(kind, id)));
  return balances.flatMap(
    ({ limit_id, window_start, scope_kind, scope_id, cost_micro_usd, tokens }) => (cost_micro_usd !== null || tokens !== null) && scopes.has(scopeKey(scope_kind, scope_id)) ? [{ limit_id, window_start }] : []
  );
}

// src/platform/batcher.ts
import { AsyncResource } from "node:async_hooks";
function createBatcher(options) {
  const { items_max, write: write2, isCommon } = options;
  let waiting = [];
  let scheduled = false;
  let writing = 0;
  const outside = new AsyncResource("muster.batcher");
  async function flush(batch) {
    try {
      const outcomes = await write2(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => resolve(outcomes[index]));
    } catch (error) {
      if (batch.length === 1 || isCommon(error)) for (const { reject } of batch) reject(error);
      else for (const one of batch) await flush([one]);
    }
  }
  async function drain() {
    scheduled = false;
    if (writing > 0) return;
    writing += 1;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, items_max);
      waiting = waiting.slice(items_max);
      await flush(batch);
    }
    writing -= 1;
  }
  return {
    add(item) {
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (scheduled || writing > 0) return;
        scheduled = true;
        setImmediate(() => outside.runInAsyncScope(() => void drain()));
      });
    },
    size: () => waiting.length
  };
}

// src/modules/worker/brief.rules.ts
function documentsOf(task2, agent_id) {
  const { reads, writes } = task2.spec;
  if (!reads && !writes) return [];
  const found = /* @__PURE__ */ new Map();
  const add = (scope2, document2, agent2, may_move) => {
    const scope_id = scope2 === "agent" ? agent2 ?? agent_id : task2.project_id;
    const key = `${scope2} ${scope_id} ${document2}`;
    const known = found.get(key);
    found.set(key, { organization_id: task2.organization_id, scope: scope2, scope_id, document: document2, may_move: may_move && (known?.may_move ?? true) });
  };
  for (const read of reads ?? []) {
    const { document: document2, scope: scope2, agent_id: agent2, may_move } = readOf(read);
    add(scope2 ?? "project", document2, agent2, may_move ?? false);
  }
  for (const write2 of writes ?? [])
    if (write2.op === "set" || write2.op === "merge") add(write2.scope, write2.document, write2.agent_id, false);
  return [...found.values()];
}
var readOf = (read) => typeof read === "string" ? { document: read } : read;

// src/modules/worker/worker.store.ts
var columns2 = (refs) => [
  refs.map((ref) => ref.organization_id),
  refs.map((ref) => ref.run_id)
];
var workerStore = {
  /**
   * Ready tasks for the claimer, without locks: a loose index scan over the queue's lanes (priority, organization,
   * project, capability, agent), so that its cost follows the lanes and not the queue. A task that names no agent goes
   * to the active agent with the capability and the fewest live runs.
   */
  candidates(tx, claimer, max) {
    const own = claimer.runtime === "builtin" ? fragment`a.runtime = 'builtin'` : fragment`a.agent_id = ${claimer.agent_id} and l.organization_id = ${claimer.organization_id}`;
    return tx.rows(sql`
      with recursive lanes as (
        (select priority, organization_id, project_id, capability, agent_id from planner_ready_v
          order by priority, organization_id, project_id, capability, agent_id limit 1)
        union all
        select n.* from lanes l cross join lateral (
          select q.priority, q.organization_id, q.project_id, q.capability, q.agent_id from planner_ready_v q
          where (q.priority, q.organization_id, q.project_id, q.capability, q.agent_id)
            > (l.priority, l.organization_id, l.project_id, l.capability, l.agent_id)
          order by q.priority, q.organization_id, q.project_id, q.capability, q.agent_id limit 1) n
      ), open as (
        select l.*, a.agent_id as by_agent, t.served_at, count(*) over () as lanes
        from lanes l
        join projects_gate_v p on p.organization_id = l.organization_id and p.project_id = l.project_id
          and p.status = 'active' and not p.stopped
        cross join lateral (
          select g.agent_id, g.runtime from agents_gate_v g
          where g.organization_id = l.organization_id and g.status = 'active' and not g.stopped
            and (g.agent_id = l.agent_id or (l.agent_id = '00000000-0000-0000-0000-000000000000'
              and l.capability = any (g.capabilities)
              and (g.runtime = 'builtin' or g.seen_at > muster_now() - interval '60 seconds')))
          order by (select count(*) from live_runs r where r.organization_id = g.organization_id and r.agent_id = g.agent_id),
            g.agent_id
          limit 1) a
        left join planner_turns_v t on t.organization_id = l.organization_id and t.project_id = l.project_id
        where ${own}
      )
      select c.organization_id, c.task_id, c.project_id, c.goal_id, c.cost_micro_usd, c.tokens, o.by_agent as agent_id,
        o.lanes::int as lanes,
        exists (select from budgets_limits_v b where b.organization_id = c.organization_id) as limited
      from open o cross join lateral (
        select q.organization_id, q.task_id, q.project_id, q.goal_id, q.cost_micro_usd, q.tokens, q.available_at
        from planner_ready_v q
        where q.priority = o.priority and q.organization_id = o.organization_id and q.project_id = o.project_id
          and q.capability = o.capability and q.agent_id = o.agent_id and q.available_at <= muster_now()
        order by q.available_at, q.task_id limit ${max}) c
      order by o.priority, o.served_at nulls first, c.available_at, c.task_id limit ${max}`);
  },
  /** Opens runs under a lease; the times come back as the database has them. */
  open(tx, runs, lease) {
    const { lease_ms, process_id } = lease;
    const [organization_ids, run_ids] = columns2(runs);
    return tx.rows(sql`
      insert into live_runs (organization_id, run_id, task_id, project_id, goal_id, agent_id, token, process_id, claimed_by,
        claimed_at, expires_at, deadline_at, read_set)
      select organization_id, run_id, task_id, project_id, goal_id, agent_id, token, ${process_id}::uuid, claimed_by::json,
        muster_now(), muster_now() + make_interval(secs => ${lease_ms}::float8 / 1000),
        muster_now() + make_interval(secs => timeout_ms / 1000), read_set::json
      from unnest(${organization_ids}::uuid[], ${run_ids}::uuid[], ${runs.map((run) => run.task_id)}::uuid[],
        ${runs.map((run) => run.project_id)}::uuid[], ${runs.map((run) => run.goal_id)}::uuid[],
        ${runs.map((run) => run.agent_id)}::uuid[], ${runs.map((run) => run.token)}::int[],
        ${runs.map((run) => JSON.stringify(run.claimed_by))}::text[], ${runs.map((run) => run.timeout_ms)}::float8[],
        ${runs.map((run) => JSON.stringify(run.read_set))}::text[])
        as i (organization_id, run_id, task_id, project_id, goal_id, agent_id, token, claimed_by, timeout_ms, read_set)
      returning run_id, claimed_at, expires_at, deadline_at`);
  },
  /** Live runs of each scope, in the order of the scopes. */
  async countLive(tx, scopes) {
    const rows = await tx.rows(sql`
      select (select count(*)::int from live_runs l where l.organization_id = i.organization_id and case i.scope_kind
        when 'organization' then true when 'project' then l.project_id = i.scope_id
        when 'goal' then l.goal_id = i.scope_id when 'agent' then l.agent_id = i.scope_id else false end) as live
      from unnest(${scopes.map((scope2) => scope2.organization_id)}::uuid[], ${scopes.map((scope2) => scope2.scope_kind)}::text[],
        ${scopes.map((scope2) => scope2.scope_id)}::uuid[]) with ordinality as i (organization_id, scope_kind, scope_id, place)
      order by i.place`);
    return rows.map((row) => row.live);
  },
  async end(tx, ended2) {
    const [organization_ids, run_ids] = columns2(ended2);
    const rows = await tx.rows(sql`
      with given as (
        select * from unnest(${organization_ids}::uuid[], ${run_ids}::uuid[], ${ended2.map((run) => run.token)}::int[], ${ended2.map((run) => run.status)}::text[],
          ${ended2.map((run) => textOf(run.completed_by))}::text[], ${ended2.map((run) => run.output ?? null)}::text[],
          ${ended2.map((run) => run.output_sha256 ?? null)}::text[],
          ${ended2.map((run) => textOf(run.artifact_ids?.length ? run.artifact_ids : void 0))}::text[],
          ${ended2.map((run) => run.confidence ?? null)}::float8[], ${ended2.map((run) => textOf(run.usage))}::text[],
          ${ended2.map((run) => textOf(run.error))}::text[])
          as i (organization_id, run_id, token, status, completed_by, output, output_sha256, artifact_ids, confidence, usage, error)
      ), gone as (
        delete from live_runs l using given i, agents_gate_v a
        where l.organization_id = i.organization_id and l.run_id = i.run_id and l.token = i.token
          and a.organization_id = l.organization_id and a.agent_id = l.agent_id and (not a.stopped or i.status <> 'finished')
        returning l.organization_id, l.run_id, l.task_id, l.project_id, l.goal_id, l.agent_id, l.claimed_by, l.claimed_at, l.read_set
      )
      insert into runs (organization_id, id, task_id, project_id, goal_id, agent_id, status, claimed_by, completed_by,
        claimed_at, ended_at, read_set, output, output_sha256, artifact_ids, confidence, usage, error)
      select g.organization_id, g.run_id, g.task_id, g.project_id, g.goal_id, g.agent_id, i.status, g.claimed_by,
        i.completed_by::json, g.claimed_at, muster_now(), g.read_set, i.output::json, i.output_sha256,
        case when i.artifact_ids is null then '{}' else array(select json_array_elements_text(i.artifact_ids::json)::uuid) end,
        i.confidence, i.usage::json, i.error::json
      from gone g join given i on i.organization_id = g.organization_id and i.run_id = g.run_id
      returning id`);
    return rows.map((row) => row.id);
  },
  async keepOutputs(tx, outputs) {
    const [organization_ids, run_ids] = columns2(outputs);
    await tx.execute(sql`
      update runs r set output = i.output::json
      from unnest(${organization_ids}::uuid[], ${run_ids}::uuid[], ${outputs.map((one) => one.output)}::text[]) as i (organization_id, run_id, output)
      where r.organization_id = i.organization_id and r.id = i.run_id`);
  }
};
function textOf(value) {
  return value === void 0 ? null : JSON.stringify(value);
}

// src/modules/worker/operations/claim.ts
async function claim(parts, tx, options) {
  const candidates = await workerStore.candidates(tx, options.claimer, options.max);
  if (candidates.length === 0) return [];
  const limited = candidates.filter((candidate) => candidate.limited);
  const admission = limited.length > 0 ? await parts.budgets.admit(tx, limited, (scopes) => workerStore.countLive(tx, scopes)) : void 0;
  const wanted = candidates.filter(({ limited: limited2, task_id }) => !limited2 || admission?.admitted.has(task_id));
  if (wanted.length === 0) return [];
  const tasks = await parts.planner.take(tx, wanted, (candidates[0]?.lanes ?? 1) > 1);
  if (tasks.length === 0) return [];
  const agents = new Map(candidates.map(({ task_id, agent_id }) => [task_id, agent_id]));
  const documents = await handOut(parts, tx, tasks, agents);
  const drafts = tasks.map((task2) => draftOf(task2, agents.get(task2.task_id) ?? "", documents.get(task2.task_id) ?? [], options));
  recordStarts(parts.journal, tx, drafts);
  const [opened] = await Promise.all([
    workerStore.open(tx, drafts, { lease_ms: limits.lease_ms, process_id: options.process_id }),
    admission?.hold(drafts.map((draft, index) => ({ ...draft, ...costOf(tasks[index]) })))
  ]);
  const times = new Map(opened.map((row) => [row.run_id, row]));
  return drafts.flatMap(({ timeout_ms: _, ...draft }, index) => {
    const task2 = tasks[index];
    const time = times.get(draft.run_id);
    return task2 && time ? [{ run: { ...draft, ...time }, task: task2, documents: documents.get(task2.task_id) ?? [] }] : [];
  });
}
async function handOut(parts, tx, tasks, agents) {
  const wanted = tasks.flatMap(
    (task2) => documentsOf(task2, agents.get(task2.task_id) ?? "").map((ref) => ({ ...ref, task_id: task2.task_id }))
  );
  const handed = /* @__PURE__ */ new Map();
  if (wanted.length === 0) return handed;
  const values = await parts.state.read(tx, wanted);
  wanted.forEach(({ task_id, may_move }, index) => {
    const value = values[index];
    if (!value) return;
    const list = handed.get(task_id) ?? [];
    list.push(may_move ? { ...value, may_move } : value);
    handed.set(task_id, list);
  });
  return handed;
}
function draftOf(task2, agent_id, documents, options) {
  const { organization_id, task_id, project_id, goal_id, token, timeout_ms } = task2;
  return {
    organization_id,
    run_id: newId(),
    task_id,
    project_id,
    goal_id,
    agent_id,
    token,
    timeout_ms,
    claimed_by: options.claimed_by,
    read_set: documents.map(({ scope: scope2, scope_id, document: document2, version: version2, may_move }) => ({
      scope: scope2,
      scope_id,
      document: document2,
      version: version2,
      ...may_move && { may_move }
    }))
  };
}
function costOf(task2) {
  return { cost_micro_usd: task2?.cost_micro_usd ?? 0, tokens: task2?.tokens ?? 0 };
}
function recordStarts(journal2, tx, runs) {
  const events = /* @__PURE__ */ new Map();
  for (const { organization_id, project_id, goal_id, task_id, run_id, agent_id } of runs) {
    const event = { type: "task.started", actor: { kind: "agent", id: agent_id }, project_id, goal_id: goal_id ?? void 0, task_id, run_id };
    const list = events.get(organization_id);
    if (list) list.push(event);
    else events.set(organization_id, [event]);
  }
  for (const [organization_id, list] of events) journal2.record(tx, organization_id, list);
}

// src/modules/worker/worker.service.ts
function createWorker(parts) {
  let kind;
  const batcher = createBatcher({
    items_max: limits.claim_max,
    isCommon: isCommonFailure,
    write: (results) => parts.engine.transact(async (tx) => await kind?.settle(tx, results) ?? [])
  });
  return {
    claim: (options) => parts.engine.transact((tx) => claim(parts, tx, options)),
    settle: (result) => batcher.add(result),
    register(given) {
      kind = given;
    },
    endRuns: async (tx, ended2) => new Set(await workerStore.end(tx, ended2)),
    keepOutputs: (tx, outputs) => workerStore.keepOutputs(tx, outputs)
  };
}

// src/modules/worker/runner.ts
var look_again_ms = 1e3;
function createRunner(options) {
  const { slots: slots2, dispatch: dispatch2, claim: claim2, work: work2, onError } = options;
  const stopping = new AbortController();
  const running = /* @__PURE__ */ new Set();
  const writing = /* @__PURE__ */ new Set();
  let hinted = true;
  let wake = () => {
  };
  let loop;
  function nudge() {
    hinted = true;
    wake();
  }
  async function fill() {
    hinted = false;
    const assignments = await claim2(slots2 - running.size);
    if (assignments.length > 0) hinted = true;
    for (const assignment of assignments) {
      const done2 = work2(assignment).then(({ written }) => track(writing, written.catch(onError)), onError).finally(wake);
      track(running, done2);
    }
  }
  const isFree = () => running.size < slots2 && writing.size <= slots2;
  async function run() {
    var _stack = [];
    try {
      const _ = __using(_stack, dispatch2.listen("task_queue", nudge));
      while (!stopping.signal.aborted) {
        if (isFree() && hinted) await fill().catch(failed);
        else await idle();
      }
    } catch (_2) {
      var _error = _2, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  async function failed(error) {
    onError(error);
    await idle();
    hinted = true;
  }
  function idle() {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        hinted = true;
        resolve();
      }, look_again_ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  return {
    start() {
      loop ??= run();
    },
    busy: () => running.size,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      wake();
      await loop;
      await Promise.all(running);
      await Promise.all(writing);
    }
  };
  function track(set, promise) {
    const tracked = promise.finally(() => {
      set.delete(tracked);
      wake();
    });
    set.add(tracked);
  }
}

// src/modules/state/state.rules.ts
var OperationError = class extends Error {
};
function applyOperation(current, operation) {
  const { op, path: path2 } = operation;
  const value = JSON.parse(operation.value);
  if (op === "create" && path2 === "" && current !== void 0) throw new OperationError("the document already exists");
  return change(current, pointer(path2), (found) => applied2(op, found, value));
}
function applied2(op, found, value) {
  switch (op) {
    case "create":
      if (found !== void 0) throw new OperationError("something already stands at the path");
      return value;
    case "set":
      return value;
    case "merge":
      return mergePatch(found, value);
    case "append":
      if (found !== void 0 && !Array.isArray(found)) throw new OperationError("what stands there is not a list");
      return [...found ?? [], value];
    case "increment":
      if (found !== void 0 && typeof found !== "number") throw new OperationError("what stands there is not a number");
      if (typeof value !== "number" || !Number.isFinite(value)) throw new OperationError("`by` is not a number");
      return finite((found ?? 0) + value);
  }
}
function finite(sum) {
  if (!Number.isFinite(sum)) throw new OperationError("the sum is not a finite number");
  return sum;
}
function mergePatch(target, patch) {
  if (!isObject(patch)) return patch;
  const merged = Object.assign(/* @__PURE__ */ Object.create(null), isObject(target) ? target : {});
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return { ...merged };
}
function pointer(path2) {
  if (path2 === "") return [];
  if (!path2.startsWith("/")) throw new OperationError(`the path ${JSON.stringify(path2)} does not start with "/"`);
  return path2.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
function change(current, path2, work2) {
  const [name2, ...rest] = path2;
  if (name2 === void 0) return work2(current);
  if (name2 === "__proto__") throw new OperationError("the path names __proto__");
  if (Array.isArray(current)) {
    const index = name2 === "-" ? current.length : Number(name2);
    if (!Number.isInteger(index) || index < 0 || index > current.length)
      throw new OperationError(`the list has no place ${JSON.stringify(name2)}`);
    const copy = [...current];
    copy[index] = change(current[index], rest, work2);
    return copy;
  }
  if (current !== void 0 && !isObject(current)) throw new OperationError(`nothing can stand below ${JSON.stringify(name2)}`);
  const found = current !== void 0 && Object.hasOwn(current, name2) ? current[name2] : void 0;
  return { ...current, [name2]: change(found, rest, work2) };
}
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/modules/state/state.store.ts
var refColumns = (refs) => [
  refs.map((ref) => ref.organization_id),
  refs.map((ref) => ref.scope),
  refs.map((ref) => ref.scope_id),
  refs.map((ref) => ref.document)
];
var stateStore = {
  read(tx, refs) {
    const [organization_ids, scopes, scope_ids, documents] = refColumns(refs);
    return tx.rows(sql`
      select i.organization_id, i.scope, i.scope_id, i.document, coalesce(d.version, 0) as version, v.value
      from unnest(${organization_ids}::uuid[], ${scopes}::text[], ${scope_ids}::uuid[], ${documents}::text[])
        with ordinality as i (organization_id, scope, scope_id, document, place)
      left join documents d on d.organization_id = i.organization_id and d.scope = i.scope
        and d.scope_id = i.scope_id and d.document = i.document
      left join document_versions v on v.organization_id = d.organization_id and v.scope = d.scope
        and v.scope_id = d.scope_id and v.document = d.document and v.version = d.version
      order by i.place`);
  },
  /** Versions of existing documents, locked in key order. What is absent is not returned: its insert decides a race. */
  lock(tx, refs) {
    const [organization_ids, scopes, scope_ids, documents] = refColumns(refs);
    return tx.rows(sql`
      select d.organization_id, d.scope, d.scope_id, d.document, d.version
      from unnest(${organization_ids}::uuid[], ${scopes}::text[], ${scope_ids}::uuid[], ${documents}::text[])
        as i (organization_id, scope, scope_id, document)
      join documents d on d.organization_id = i.organization_id and d.scope = i.scope
        and d.scope_id = i.scope_id and d.document = i.document
      order by d.organization_id, d.scope, d.scope_id, d.document for no key update of d`);
  },
  /**
   * Writes versions, moves heads and adds the commits' rows, in one statement. A head that somebody else inserted
   * meanwhile keeps its version, is missing from the answer, and the caller starts over.
   */
  async write(tx, versions, commits) {
    const [organization_ids, scopes, scope_ids, documents] = refColumns(versions);
    const rows = await tx.rows(sql`
      with given as (
        select * from unnest(${organization_ids}::uuid[], ${scopes}::text[], ${scope_ids}::uuid[], ${documents}::text[],
          ${versions.map((one) => one.version)}::int[], ${versions.map((one) => one.value)}::text[],
          ${versions.map((one) => one.sha256)}::text[], ${versions.map((one) => one.commit_id)}::uuid[])
          as i (organization_id, scope, scope_id, document, version, value, sha256, commit_id)
      ), heads as (
        insert into documents (organization_id, scope, scope_id, document, version)
        select organization_id, scope, scope_id, document, max(version) from given group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (organization_id, scope, scope_id, document) do update set version = excluded.version
          where documents.version = (
            select min(g.version) - 1 from given g where g.organization_id = documents.organization_id
              and g.scope = documents.scope and g.scope_id = documents.scope_id and g.document = documents.document)
        returning 1
      ), kept as (
        insert into document_versions (organization_id, scope, scope_id, document, version, value, sha256, commit_id)
        select organization_id, scope, scope_id, document, version, value::json, sha256, commit_id from given
        on conflict do nothing
      ), committed as (
        insert into commits (organization_id, id, project_id, goal_id, task_id, run_id, committed_by, read_set, written)
        select organization_id, id, project_id, goal_id, task_id, run_id, committed_by::json, read_set::json, written::json
        from unnest(${commits.map((one) => one.organization_id)}::uuid[], ${commits.map((one) => one.id)}::uuid[],
          ${commits.map((one) => one.project_id)}::uuid[], ${commits.map((one) => one.goal_id)}::uuid[],
          ${commits.map((one) => one.task_id)}::uuid[], ${commits.map((one) => one.run_id)}::uuid[],
          ${commits.map((one) => one.committed_by)}::text[], ${commits.map((one) => one.read_set)}::text[],
          ${commits.map((one) => one.written)}::text[])
          as c (organization_id, id, project_id, goal_id, task_id, run_id, committed_by, read_set, written)
      )
      select count(*)::int as moved from heads`);
    return rows[0]?.moved ?? 0;
  },
  async refuse(tx, conflicts) {
    await tx.execute(sql`
      insert into commit_conflicts (organization_id, id, project_id, goal_id, task_id, run_id, moved)
      select organization_id, id, project_id, goal_id, task_id, run_id, moved::json
      from unnest(${conflicts.map((one) => one.organization_id)}::uuid[], ${conflicts.map((one) => one.id)}::uuid[],
        ${conflicts.map((one) => one.project_id)}::uuid[], ${conflicts.map((one) => one.goal_id)}::uuid[],
        ${conflicts.map((one) => one.task_id)}::uuid[], ${conflicts.map((one) => one.run_id)}::uuid[],
        ${conflicts.map((one) => one.moved)}::text[])
        as c (organization_id, id, project_id, goal_id, task_id, run_id, moved)`);
  }
};

// src/modules/state/operations/commit.ts
async function commitAll(tx, requests) {
  const heads = await loadHeads(tx, requests);
  const versions = [];
  const commits = [];
  const conflicts = [];
  const outcomes = requests.map((request) => {
    const moved = movedOf(request, heads);
    if (moved.length > 0) {
      conflicts.push({ ...rowOf(request), id: newId(), moved: JSON.stringify(moved) });
      return { outcome: "conflict", moved };
    }
    try {
      const commit_id = newId();
      const written = writeInto(heads, request, commit_id);
      versions.push(...written);
      const facts = written.map(({ scope: scope2, scope_id, document: document2, version: version2 }) => ({ scope: scope2, scope_id, document: document2, version: version2 }));
      commits.push({
        ...rowOf(request),
        id: commit_id,
        committed_by: JSON.stringify(request.committed_by),
        read_set: JSON.stringify(request.read_set),
        written: JSON.stringify(facts)
      });
      return { outcome: "committed", commit_id, written: facts };
    } catch (error) {
      if (error instanceof OperationError) return { outcome: "invalid", because: error.message };
      throw error;
    }
  });
  if (commits.length > 0) await writeOrRetry(tx, versions, commits);
  if (conflicts.length > 0) await stateStore.refuse(tx, conflicts);
  return outcomes;
}
async function writeOrRetry(tx, versions, commits) {
  const documents = new Set(versions.map(keyOf)).size;
  const moved = await stateStore.write(tx, versions, commits);
  if (moved !== documents) throw Object.assign(new Error("a document was created meanwhile"), { code: "40001" });
}
async function loadHeads(tx, requests) {
  const touched = /* @__PURE__ */ new Map();
  const valued = /* @__PURE__ */ new Map();
  for (const { organization_id, read_set, operations } of requests) {
    for (const read of read_set) touched.set(keyOf({ organization_id, ...read }), { organization_id, ...read });
    for (const operation of operations) {
      const ref = { organization_id, ...operation };
      touched.set(keyOf(ref), ref);
      if (operation.op !== "set" || operation.path !== "") valued.set(keyOf(ref), ref);
    }
  }
  const heads = new Map([...touched.keys()].map((key) => [key, { version: 0, value: void 0 }]));
  if (touched.size === 0) return heads;
  const locked = await stateStore.lock(tx, [...touched.values()]);
  for (const row of locked) heads.set(keyOf(row), { version: row.version, value: void 0 });
  const existing = [...valued.values()].filter((ref) => (heads.get(keyOf(ref))?.version ?? 0) > 0);
  if (existing.length > 0)
    for (const row of await stateStore.read(tx, existing)) heads.set(keyOf(row), { version: row.version, value: row.value });
  return heads;
}
function movedOf(request, heads) {
  const { organization_id, read_set, operations } = request;
  const moved = [];
  const test = (read) => {
    const current = heads.get(keyOf({ organization_id, ...read }))?.version ?? 0;
    const { scope: scope2, scope_id, document: document2, version: version2 } = read;
    if (current !== version2) moved.push({ scope: scope2, scope_id, document: document2, version: version2, current });
  };
  for (const read of read_set) if (!read.may_move) test(read);
  for (const operation of operations) if (operation.op === "create" && operation.path === "") test({ ...operation, version: 0 });
  return moved;
}
function writeInto(heads, request, commit_id) {
  const { organization_id } = request;
  const next = /* @__PURE__ */ new Map();
  for (const operation of request.operations) {
    const { scope: scope2, scope_id, document: document2 } = operation;
    const ref = { organization_id, scope: scope2, scope_id, document: document2 };
    const key = keyOf(ref);
    const head = heads.get(key) ?? { version: 0, value: void 0 };
    const before = next.get(key);
    const whole = operation.op === "set" && operation.path === "";
    const parsed = whole ? void 0 : applyOperation(before ? valueOf(before) : head.value, operation);
    const value = whole ? operation.value : JSON.stringify(parsed);
    if (value.length > limits.document_bytes_max)
      throw new MusterError("too_large", `The document ${document2} would pass ${limits.document_bytes_max} bytes.`, {
        value: document2,
        limit: limits.document_bytes_max
      });
    next.set(key, { ...ref, version: head.version + 1, value, parsed, sha256: sha256(value).toString("hex"), commit_id });
  }
  for (const [key, version2] of next) heads.set(key, { version: version2.version, value: valueOf(version2) });
  return [...next.values()];
}
function valueOf(version2) {
  return version2.parsed === void 0 ? JSON.parse(version2.value) : version2.parsed;
}
function rowOf({ organization_id, project_id, goal_id, task_id, run_id }) {
  return { organization_id, project_id, goal_id, task_id, run_id };
}
function keyOf({ organization_id, scope: scope2, scope_id, document: document2 }) {
  return `${organization_id} ${scope2} ${scope_id} ${document2}`;
}

// src/modules/projects/projects.store.ts
var columns3 = (refs) => [
  refs.map((ref) => ref.organization_id),
  refs.map((ref) => ref.project_id)
];
var projectsStore = {
  gates(tx, refs) {
    const [organization_ids, project_ids] = columns3(refs);
    return tx.rows(sql`
      select p.organization_id, p.project_id, p.status, p.stopped, p.policy_version, p.oversight
      from unnest(${organization_ids}::uuid[], ${project_ids}::uuid[]) as i (organization_id, project_id)
      join projects_gate_v p on p.organization_id = i.organization_id and p.project_id = i.project_id`);
  },
  lockGates(tx, refs) {
    const [organization_ids, project_ids] = columns3(refs);
    return tx.rows(sql`
      select p.organization_id, p.project_id, p.status, p.stopped, p.policy_version, p.oversight
      from unnest(${organization_ids}::uuid[], ${project_ids}::uuid[]) as i (organization_id, project_id)
      join projects_gate_v p on p.organization_id = i.organization_id and p.project_id = i.project_id
      order by p.organization_id, p.project_id for share of p`);
  },
  async policy(tx, ref, version2) {
    const row = await tx.row(sql`
      select policy from project_policies
      where organization_id = ${ref.organization_id} and project_id = ${ref.project_id} and version = ${version2}`);
    return row?.policy;
  }
};

// src/modules/judge/commit-request.rules.ts
function commitRequestOf(result) {
  const { run, task: task2, completed_by } = result;
  return {
    organization_id: run.organization_id,
    project_id: run.project_id,
    goal_id: run.goal_id,
    task_id: run.task_id,
    run_id: run.run_id,
    committed_by: completed_by,
    read_set: run.read_set,
    operations: operationsOf(result),
    ...task2.spec.writes === void 0 && { operations: [ownDocument(result)] }
  };
}
function operationsOf(result) {
  return (result.task.spec.writes ?? []).map((write2) => ({
    op: write2.op,
    scope: write2.scope,
    scope_id: write2.scope === "agent" ? write2.agent_id ?? result.run.agent_id : result.run.project_id,
    document: write2.document,
    path: write2.path,
    value: valueOf2(write2, result)
  }));
}
function ownDocument({ run, task: task2, output }) {
  const document2 = run.goal_id === null ? `tasks/${run.task_id}` : `goals/${run.goal_id}/${task2.key}`;
  return { op: "create", scope: "project", scope_id: run.project_id, document: document2, path: "", value: output };
}
function valueOf2(write2, result) {
  if (write2.op === "increment") return JSON.stringify(write2.by ?? 1);
  const { value } = write2;
  if (isReference(value) && value.$from === "output") return result.output;
  if (referencesIn(value).length === 0) return JSON.stringify(value ?? null);
  return JSON.stringify(resolveReferences(value, (text2) => referred2(text2, result)) ?? null);
}
function referred2(text2, { value, task: task2 }) {
  const reference2 = parseOwnReference(text2);
  if (!reference2) return null;
  const { item } = task2.spec;
  const roots = { output: value, item: item?.value, index: item?.index };
  return valueAt(roots[reference2.word], reference2.path) ?? null;
}

// src/modules/judge/judge.store.ts
var judgeStore = {
  async insert(tx, rows) {
    await tx.execute(sql`
      insert into verdicts (organization_id, id, run_id, task_id, project_id, quality, confidence, route_to, route_row,
        policy_version, output_sha256, findings)
      select organization_id, id, run_id, task_id, project_id, quality, confidence, route_to, route_row, policy_version,
        output_sha256, findings::json
      from unnest(${rows.map((row) => row.organization_id)}::uuid[], ${rows.map((row) => row.id)}::uuid[],
        ${rows.map((row) => row.run_id)}::uuid[], ${rows.map((row) => row.task_id)}::uuid[],
        ${rows.map((row) => row.project_id)}::uuid[], ${rows.map((row) => row.quality)}::float8[],
        ${rows.map((row) => row.confidence)}::float8[], ${rows.map((row) => row.route_to)}::text[],
        ${rows.map((row) => row.route_row)}::smallint[], ${rows.map((row) => row.policy_version)}::int[],
        ${rows.map((row) => row.output_sha256)}::text[], ${rows.map((row) => row.findings)}::text[])
        as i (organization_id, id, run_id, task_id, project_id, quality, confidence, route_to, route_row, policy_version,
          output_sha256, findings)`);
  }
};

// src/modules/judge/judge.rules.ts
function route(judged, facts, policy3) {
  const fault = faultOf(judged, policy3);
  if (facts.amended) return routeAmended(fault);
  if (fault && wouldRetry(fault, facts)) {
    const stuck = cannotImprove(facts, policy3);
    if (stuck) return person(1, stuck);
  }
  if (fault?.row === 2) return facts.loss_possible ? person(2, fault.because) : { to: "retry", ...fault };
  const concern = concernOf(judged, facts, policy3);
  if (concern) return person(3, concern);
  if (fault) return { to: "retry", ...fault };
  if (policy3.oversight !== "low" && judged.confidence <= policy3.commit_above) return person(5, "medium_confidence");
  if (policy3.oversight === "high") return person(6, "high_oversight");
  return { to: "commit", row: 6, because: "passed" };
}
function confidence(findings) {
  return round(findings.reduce((product, finding) => product * (1 - clamp(finding.weight) * share(finding)), 1));
}
function quality(findings) {
  const measured = findings.filter((finding) => finding.measures === "quality");
  return measured.length === 0 ? null : confidence(measured);
}
function violationsOf(findings) {
  return findings.flatMap((finding) => {
    const { check: check2, severity, failed, of, violation_from, message } = finding;
    if (severity === "info" || failed === 0 || share(finding) < violation_from) return [];
    return [{ rule: check2, severity, message: message ?? `${failed} of ${of} failed` }];
  });
}
function unsettledTopics(topics, approved_texts) {
  if (topics.length === 0 || approved_texts.length === 0) return topics;
  const approved = approved_texts.map(squeeze);
  return topics.flatMap(({ topic: topic2, evidence }) => {
    const open = evidence.filter(({ text: text2 }) => !approved.some((words2) => words2.includes(squeeze(text2))));
    return open.length > 0 ? [{ topic: topic2, evidence: open }] : [];
  });
}
function verdictOf(given) {
  const { findings, facts, policy: policy3, approved_texts = [] } = given;
  const judged = {
    quality: quality(findings),
    confidence: confidence(findings),
    violations: violationsOf(findings),
    topics: unsettledTopics(
      findings.flatMap(({ topics = [] }) => topics),
      approved_texts
    )
  };
  return { ...judged, calibrated: false, checks: findings, route: route(judged, facts, policy3) };
}
function retryDelayMs(sent_back, jitter) {
  const delay_ms = 1e3 * 2 ** Math.min(Math.max(sent_back, 0), 10);
  return Math.round(delay_ms * (0.5 + clamp(jitter) / 2));
}
function faultOf(judged, policy3) {
  if (judged.violations.some(({ severity }) => severity === "critical"))
    return { row: 2, because: "critical_violation" };
  if (judged.violations.length > 0) return { row: 4, because: "violation" };
  if (judged.quality !== null && judged.quality < policy3.quality_min) return { row: 4, because: "low_quality" };
  if (judged.confidence < policy3.confidence_min) return { row: 4, because: "low_confidence" };
  return null;
}
function wouldRetry(fault, facts) {
  return fault.row === 4 || !facts.loss_possible;
}
function cannotImprove(facts, policy3) {
  if (facts.sent_back >= policy3.retries_max) return "tries_used_up";
  return facts.deterministic ? "deterministic" : null;
}
function concernOf(judged, facts, policy3) {
  const [first] = judged.topics;
  if (first) return `sensitive_topic:${first.topic}`;
  if (facts.effect_for_people) return "effect_for_people";
  const asked = facts.approval === "always" || facts.approval === "after" && policy3.oversight !== "low";
  return asked ? "approval_required" : null;
}
function routeAmended(fault) {
  if (!fault) return { to: "commit", row: 6, because: "passed" };
  return { to: "approval", row: fault.row, because: "amendment_fails", ask: "amender" };
}
function person(row, because) {
  return { to: "approval", row, because, ask: "reviewers" };
}
function share({ failed, of }) {
  return of > 0 ? clamp(failed / of) : 0;
}
function clamp(value) {
  return Math.min(1, Math.max(0, value));
}
function round(value) {
  return Math.round(value * 1e6) / 1e6;
}
function squeeze(text2) {
  return text2.replace(/\s+/g, "");
}

// src/modules/judge/outcome.rules.ts
var judge_actor = { kind: "system", id: "judge" };
function taskOutcomeOf(item) {
  const { result, verdict, commit: commit2, state: state2 } = item;
  const { organization_id, task_id, project_id, goal_id, run_id } = result.run;
  const subject = { organization_id, task_id, project_id, goal_id, run_id, actor: judge_actor };
  if (commit2?.outcome === "conflict") return afterConflict(item);
  if (commit2?.outcome === "invalid") return { ...subject, to: "failed", because: `invalid_operation: ${commit2.because}` };
  const { route: route2 } = verdict;
  switch (route2.to) {
    case "commit":
      return { ...subject, to: "done", output: result.output, output_sha256: result.output_sha256 };
    case "approval":
      return { ...subject, to: "awaiting_approval", because: route2.because };
    case "retry": {
      const delay_ms = retryDelayMs(state2.retries, jitterOf(run_id));
      const text2 = `The judge sent it back: ${route2.because}.`;
      const feedback = { from: "judge", text: text2, violations: verdict.violations };
      return { ...subject, to: "ready", because: route2.because, counts: "retries", delay_ms, feedback };
    }
  }
}
function afterConflict({ result, state: state2, policy: policy3, commit: commit2 }) {
  const { organization_id, task_id, project_id, goal_id, run_id } = result.run;
  const subject = { organization_id, task_id, project_id, goal_id, run_id, actor: judge_actor };
  const moved = commit2?.outcome === "conflict" ? commit2.moved.map(({ document: document2 }) => document2).join(", ") : "";
  const because = `occ_conflict: ${moved} moved while it ran`;
  if (state2.conflicts + 1 < limits.conflicts_max) {
    const feedback = { from: "commit", text: because, violations: [] };
    return { ...subject, to: "ready", because, counts: "conflicts", delay_ms: 0, feedback };
  }
  return policy3.on_conflict === "fail" ? { ...subject, to: "failed", because } : { ...subject, to: "awaiting_approval", because };
}
function jitterOf(run_id) {
  return Number.parseInt(run_id.slice(-8), 16) / 4294967295;
}
function settleOutcomeOf(outcome) {
  switch (outcome?.to) {
    case "done":
      return "committed";
    case "ready":
      return outcome.counts === "conflicts" ? "conflict" : "returned";
    case "awaiting_approval":
      return "waiting";
    case "in_review":
      return "recorded";
    case "cancelled":
      return "cancelled";
    default:
      return "invalid";
  }
}

// src/modules/judge/question.rules.ts
function questionOf(item) {
  const { result, verdict, policy: policy3, commit: commit2, state: state2 } = item;
  const { run, task: task2 } = result;
  if (commit2?.outcome === "conflict") {
    if (state2.conflicts + 1 < limits.conflicts_max || policy3.on_conflict === "fail") return null;
    return {
      ...base(item),
      subject_kind: "task",
      subject_id: run.task_id,
      rule: "conflicts",
      options: ["retry", "fail"],
      question: `The result of \u201C${task2.title}\u201D was refused ${limits.conflicts_max} times because documents it read had moved. Try again?`
    };
  }
  if (verdict.route.to !== "approval") return null;
  const { because } = verdict.route;
  return {
    ...base(item),
    subject_kind: "result",
    subject_id: run.run_id,
    rule: because,
    options: ["approve", "reject", "amend"],
    question: `May the result of \u201C${task2.title}\u201D be committed?`,
    artifact_sha256: result.output_sha256,
    risk: riskOf(item),
    tags: verdict.topics.map(({ topic: topic2 }) => topic2)
  };
}
function base({ result, verdict, policy: policy3, state: state2 }) {
  const { run, task: task2, completed_by } = result;
  return {
    organization_id: run.organization_id,
    project_id: run.project_id,
    goal_id: run.goal_id,
    task_id: run.task_id,
    run_id: run.run_id,
    subject_kind: "result",
    subject_id: run.run_id,
    question: "",
    options: [],
    proposed: result.output,
    artifact_sha256: null,
    policy_version: state2.policy_version,
    read_set: run.read_set,
    rule: "",
    tags: [],
    risk: "medium",
    confidence: verdict.confidence,
    quorum: policy3.quorum,
    due_ms: policy3.approval_due_ms,
    made_by: [run.claimed_by, completed_by],
    stated_by: policy3.four_eyes ? task2.created_by : null,
    amended_by: null
  };
}
function riskOf({ verdict, policy: policy3, result }) {
  if (policy3.loss_possible.includes(result.task.capability)) return "high";
  if (verdict.violations.some(({ severity }) => severity === "critical")) return "high";
  return verdict.topics.length > 0 || verdict.violations.length > 0 ? "medium" : "low";
}

// src/modules/judge/operations/record-verdicts.ts
function recordVerdicts(journal2, tx, items) {
  const events = /* @__PURE__ */ new Map();
  for (const item of items) {
    const { organization_id } = item.result.run;
    const list = events.get(organization_id);
    if (list) list.push(...eventsOf(item));
    else events.set(organization_id, eventsOf(item));
  }
  for (const [organization_id, list] of events) journal2.record(tx, organization_id, list);
}
function eventsOf({ result, verdict, verdict_id, commit: commit2 }) {
  const { run, completed_by } = result;
  const subject = {
    project_id: run.project_id,
    goal_id: run.goal_id ?? void 0,
    task_id: run.task_id,
    run_id: run.run_id
  };
  const own = { actor: system_actor, ...subject };
  const { route: route2 } = verdict;
  const events = [
    { type: "task.reported", actor: completed_by, ...subject },
    // A plain pass says all by itself; its verdict is found by the run.
    { type: "task.judged", ...own, ...route2.to !== "commit" && { data: { verdict_id, to: route2.to, row: route2.row } } }
  ];
  const data = { because: route2.because };
  if (commit2?.outcome === "committed") events.push({ type: "state.committed", ...own });
  if (commit2?.outcome === "conflict")
    events.push({ type: "task.conflicted", ...own, data: { moved: commit2.moved.map(({ document: document2 }) => document2) } });
  else if (route2.to === "retry") events.push({ type: "task.returned", ...own, data });
  else if (route2.to === "approval") events.push({ type: "task.waiting", ...own, data });
  return events;
}

// src/modules/judge/operations/settle.ts
async function settleResults(parts, tx, results) {
  const outcomes = /* @__PURE__ */ new Map();
  const judged = [];
  for (const admitted of await admit(parts, tx, { results, outcomes }))
    judged.push({ ...admitted, verdict: await parts.examine(tx, admitted), verdict_id: newId() });
  const ended2 = judged.length > 0 ? await parts.worker.endRuns(tx, judged.map(endedRunOf)) : /* @__PURE__ */ new Set();
  const held = judged.filter(({ result }) => ended2.has(result.run.run_id));
  if (held.length > 0) for (const [run_id, outcome] of await write(parts, tx, held)) outcomes.set(run_id, outcome);
  return results.map(({ run }) => outcomes.get(run.run_id) ?? "lease_lost");
}
async function admit(parts, tx, { results, outcomes }) {
  const unique = [...new Map(results.map((result) => [result.run.run_id, result])).values()];
  const states = new Map((await parts.planner.lock(tx, unique.map(({ run }) => run))).map((state2) => [state2.task_id, state2]));
  const admitted = [];
  for (const result of unique) {
    const { run } = result;
    const state2 = states.get(run.task_id);
    if (!state2) continue;
    if (state2.stopped) outcomes.set(run.run_id, "stopped");
    else if (state2.status !== "running") outcomes.set(run.run_id, state2.status === "cancelled" ? "cancelled" : "lease_lost");
    else admitted.push({ result, state: state2, policy: await policyOf(parts, tx, state2) });
  }
  return admitted;
}
function policyOf(parts, tx, state2) {
  return parts.projects.policy(tx, state2, state2.policy_version);
}
async function write(parts, tx, judged) {
  await settleBudgets(parts, tx, judged);
  const items = await commit(parts, tx, judged);
  const verdicts = judgeStore.insert(tx, items.map(verdictRowOf));
  recordVerdicts(parts.journal, tx, items);
  const refused = items.filter(({ verdict, commit: commit2 }) => verdict.route.to === "commit" && commit2 && commit2.outcome !== "committed");
  if (refused.length > 0) await parts.worker.keepOutputs(tx, refused.map(({ result }) => ({ ...result.run, output: result.output })));
  const questions = items.flatMap((item) => questionOf(item) ?? []);
  if (questions.length > 0) await parts.approvals.open(tx, questions);
  const moves = items.map((item) => taskOutcomeOf(item));
  await Promise.all([verdicts, parts.planner.settle(tx, moves)]);
  return items.map((item, index) => [item.result.run.run_id, settleOutcomeOf(moves[index])]);
}
async function settleBudgets(parts, tx, judged) {
  const spending = judged.filter(({ result: { task: task2, usage } }) => {
    const used2 = (usage?.cost_micro_usd ?? 0) + (usage?.tokens ?? 0);
    return task2.cost_micro_usd > 0 || task2.tokens > 0 || used2 > 0;
  });
  if (spending.length > 0) await parts.budgets.settle(tx, spending.map(({ result: { run, usage } }) => ({ ...run, usage })));
}
async function commit(parts, tx, items) {
  const requests = items.flatMap(({ verdict, result }) => {
    if (verdict.route.to !== "commit") return [];
    const request = commitRequestOf(result);
    return request.operations.length > 0 || request.read_set.length > 0 ? [request] : [];
  });
  if (requests.length === 0) return [...items];
  const outcomes = await parts.state.commit(tx, requests);
  const by_run = new Map(requests.map((request, index) => [request.run_id, outcomes[index]]));
  return items.map((item) => {
    const outcome = by_run.get(item.result.run.run_id);
    return outcome ? { ...item, commit: outcome } : item;
  });
}
function endedRunOf({ result, verdict }) {
  const { run, output, output_sha256, artifact_ids, confidence: confidence2, usage, completed_by } = result;
  const { organization_id, run_id, token } = run;
  const kept = verdict.route.to === "commit" ? {} : { output };
  return { organization_id, run_id, token, status: "finished", completed_by, output_sha256, artifact_ids, confidence: confidence2, usage, ...kept };
}
function verdictRowOf({ result, verdict, verdict_id, state: state2 }) {
  const { organization_id, run_id, task_id, project_id } = result.run;
  const { quality: quality2, confidence: confidence2, checks, violations, topics, route: route2 } = verdict;
  return {
    organization_id,
    id: verdict_id,
    run_id,
    task_id,
    project_id,
    quality: quality2,
    confidence: confidence2,
    route_to: route2.to,
    route_row: route2.row,
    policy_version: state2.policy_version,
    output_sha256: result.output_sha256,
    findings: JSON.stringify({ checks, violations, topics, because: route2.because })
  };
}

// ../contract/shapes/policies.ts
import { z as z2 } from "zod";

// ../contract/values.ts
import { z } from "zod";
function text({ min = 0, max, max_bytes } = {}) {
  const ceiling = max ?? max_bytes ?? limits.inline_bytes_max;
  return z.string().min(min).max(ceiling, { abort: true }).refine(isCleanText, { error: "must not hold null characters or lone surrogates" }).refine((value) => max_bytes === void 0 || utf8Bytes(value) <= max_bytes, {
    error: `must be at most ${max_bytes} bytes of UTF-8`
  });
}
var name = text({ min: 1, max: limits.name_characters_max }).refine((value) => value.trim() !== "", {
  error: "must not be empty"
});
var agentRef = text({ min: 1, max: limits.name_characters_max });
var timestamp2 = z.iso.datetime({ offset: true });
var sha2562 = z.string().regex(/^[0-9a-f]{64}$/);
var count = z.int().min(0);
var share2 = z.number().min(0).max(1);
var version = z.int().min(0);
var microUsd = z.int().min(0);
function json({ max_bytes = limits.inline_bytes_max, max_depth = limits.json_depth_max } = {}) {
  const schema = z.unknown().superRefine((value, context) => {
    const problem = jsonProblem(value, { max_bytes, max_depth });
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
  });
  return schema;
}
function jsonObject({
  max_bytes = limits.inline_bytes_max,
  max_depth = limits.json_depth_max
} = {}) {
  const schema = z.record(z.string(), z.unknown()).superRefine((value, context) => {
    const problem = jsonProblem(value, { max_bytes, max_depth });
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
  });
  return schema;
}
function jsonProblem(root, { max_bytes, max_depth }) {
  const walk = { bytes: 0, problem: null, pending: [{ value: root, depth: 0 }] };
  for (let next = walk.pending.pop(); next !== void 0; next = walk.pending.pop()) {
    if (next.depth > max_depth) return `must not be nested deeper than ${max_depth} levels`;
    visit(next.value, next.depth, walk);
    if (walk.problem !== null) return walk.problem;
    if (walk.bytes > max_bytes) return `must be at most ${max_bytes} bytes of JSON`;
  }
  return null;
}
function isCleanText(value) {
  return !/[\0\p{Surrogate}]/u.test(value);
}
function utf8Bytes(value) {
  let bytes = value.length;
  for (let at = 0; at < value.length; at++) {
    const unit = value.charCodeAt(at);
    if (unit < 128) continue;
    bytes += unit < 2048 || unit >= 55296 && unit <= 57343 ? 1 : 2;
  }
  return bytes;
}
function visit(value, depth, walk) {
  if (value === null) walk.bytes += 4;
  else if (typeof value === "string") visitText(value, walk);
  else if (typeof value === "boolean") walk.bytes += value ? 4 : 5;
  else if (typeof value === "number") visitNumber(value, walk);
  else if (Array.isArray(value)) visitItems(value, depth, walk);
  else if (typeof value === "object") visitEntries(value, depth, walk);
  else walk.problem = "must be a JSON value";
}
function visitText(value, walk) {
  walk.bytes += utf8Bytes(value) + 2;
  if (!isCleanText(value)) walk.problem = "must not hold null characters or lone surrogates";
}
function visitNumber(value, walk) {
  walk.bytes += String(value).length;
  if (!Number.isFinite(value)) walk.problem = "must not hold a number beyond what a double can carry";
}
function visitItems(items, depth, walk) {
  walk.bytes += 2 + Math.max(0, items.length - 1);
  for (const item of items) walk.pending.push({ value: item, depth: depth + 1 });
}
function visitEntries(value, depth, walk) {
  const entries = Object.entries(value);
  walk.bytes += 2 + Math.max(0, entries.length - 1);
  for (const [key, item] of entries) {
    visitText(key, walk);
    walk.bytes += 1;
    walk.pending.push({ value: item, depth: depth + 1 });
  }
}

// ../contract/shapes/policies.ts
var severities = ["critical", "warning", "info"];
var sensitiveTopics = ["politics", "health_advice", "financial_advice", "legal_claims"];
var topic = text({ min: 1, max: limits.key_characters_max }).regex(/^[a-z][a-z0-9_]*$/);
var words = z2.array(text({ min: 1, max: limits.policy_pattern_characters_max })).max(limits.policy_list_max);
var path = text({ max: limits.reference_characters_max }).describe("JSON Pointer into the output; absent: all of it.");
var figures = {
  severity: z2.enum(severities),
  weight: share2.describe("How much of the confidence a full failure costs."),
  measures: z2.enum(["quality", "compliance"]),
  violation_from: share2.describe("The share of failures from which it is a violation. A share of zero never is.")
};
var check = z2.discriminatedUnion("check", [
  z2.strictObject({ check: z2.literal("output_schema"), ...figures }),
  z2.strictObject({
    check: z2.literal("length"),
    ...figures,
    params: z2.strictObject({
      path: path.optional(),
      characters_min: z2.int().min(0).optional(),
      characters_max: z2.int().min(0).optional(),
      words_min: z2.int().min(0).optional(),
      words_max: z2.int().min(0).optional()
    })
  }),
  z2.strictObject({
    check: z2.literal("required_sections"),
    ...figures,
    params: z2.strictObject({ path: path.optional(), sections: words.describe("Headings, compared without case.") })
  }),
  z2.strictObject({
    check: z2.literal("banned_content"),
    ...figures,
    params: z2.strictObject({
      words: words.optional().describe("Whole words or phrases, compared without case."),
      patterns: words.optional().describe("Regular expressions in the syntax of RE2, which is linear.")
    })
  }),
  z2.strictObject({ check: z2.literal("secrets"), ...figures }),
  z2.strictObject({
    check: z2.literal("personal_data"),
    ...figures,
    params: z2.strictObject({
      kinds: z2.array(z2.enum(["email", "phone", "card", "iban", "national_id", "ip_address"])).optional(),
      allow: words.optional().describe("Values that are fine, such as the address of the press office.")
    }).optional()
  }),
  z2.strictObject({ check: z2.literal("sensitive_topics"), ...figures }),
  z2.strictObject({
    check: z2.literal("grounding"),
    ...figures,
    params: z2.strictObject({ path: path.optional() }).optional()
  })
]);
var checkNames = [
  "output_schema",
  "length",
  "required_sections",
  "banned_content",
  "secrets",
  "personal_data",
  "sensitive_topics",
  "grounding"
];
var checkName = z2.enum(checkNames);
var defaultChecks = {
  output_schema: { check: "output_schema", severity: "critical", weight: 1, measures: "quality", violation_from: 0 },
  secrets: { check: "secrets", severity: "critical", weight: 1, measures: "compliance", violation_from: 0 },
  personal_data: {
    check: "personal_data",
    severity: "warning",
    weight: 0.5,
    measures: "compliance",
    violation_from: 0
  },
  sensitive_topics: {
    check: "sensitive_topics",
    severity: "info",
    weight: 0,
    measures: "compliance",
    violation_from: 1
  },
  grounding: { check: "grounding", severity: "warning", weight: 1, measures: "quality", violation_from: 0.1 }
};
var capabilities = z2.array(text({ min: 1, max: limits.name_characters_max })).max(limits.capabilities_max);
var fields = {
  oversight: z2.enum(["low", "medium", "high"]).describe("low: no row 5; medium: the table; high: every commit asks."),
  quality_min: share2,
  confidence_min: share2,
  commit_above: share2.describe("Confidence above this commits; exactly this goes to a person."),
  retries_max: z2.int().min(0).max(limits.attempts_max),
  checks: z2.array(check).max(limits.policy_checks_max),
  sensitive_topics: z2.array(topic).max(limits.policy_list_max),
  topic_words: z2.record(topic, words).describe("Words that mark further topics, or more words for a known one. Compared as whole words, without case."),
  on_conflict: z2.enum(["person", "replan", "fail"]).describe("After three commits of one task were refused."),
  four_eyes: z2.boolean().describe("Who stated the goal may not decide about its results."),
  quorum: z2.int().min(1).max(limits.quorum_max).describe("How many people must approve."),
  approval_due_ms: z2.int().min(1e3).max(limits.approval_due_ms_max),
  approval_claim_ms: z2.int().min(1e3).max(limits.approval_claim_ms_max),
  approve_before: capabilities.describe("A task with one of these capabilities asks a person before its run."),
  loss_possible: capabilities.describe("A critical violation by one of these goes to a person, not to a retry."),
  plan_approval: z2.boolean().describe("Whether a person agrees to every plan before its goal starts."),
  commit: z2.enum(["auto", "manual"]).describe("manual: a verdict commits only by /judge/commit."),
  rate_limits: z2.strictObject({
    requests_per_minute_key: z2.int().min(1).optional(),
    requests_per_minute_address: z2.int().min(1).optional(),
    runs_per_minute: z2.int().min(1).optional()
  })
};
var policy = z2.strictObject(fields);
var policyInput = policy.partial();
var default_policy = {
  oversight: "medium",
  quality_min: 0.7,
  confidence_min: 0.7,
  commit_above: 0.9,
  retries_max: limits.retries_default,
  checks: [
    defaultChecks.output_schema,
    defaultChecks.secrets,
    defaultChecks.personal_data,
    defaultChecks.sensitive_topics
  ],
  sensitive_topics: sensitiveTopics,
  topic_words: {},
  on_conflict: "person",
  four_eyes: false,
  quorum: 1,
  approval_due_ms: limits.approval_due_ms_default,
  approval_claim_ms: limits.approval_claim_ms_default,
  approve_before: [],
  loss_possible: [],
  plan_approval: false,
  commit: "auto",
  rate_limits: {}
};
function completePolicy(given) {
  const complete = policy.parse({ ...default_policy, ...given, checks: given.checks ?? default_policy.checks });
  return complete;
}

// ../contract/shapes/tasks.ts
import { z as z7 } from "zod";

// ../contract/ids.ts
import { z as z3 } from "zod";
var uuid2 = () => z3.uuid().toLowerCase();
var organizationId = uuid2().brand();
var userId = uuid2().brand();
var keyId = uuid2().brand();
var projectId = uuid2().brand();
var goalId = uuid2().brand();
var planId = uuid2().brand();
var taskId = uuid2().brand();
var runId = uuid2().brand();
var agentId = uuid2().brand();
var artifactId = uuid2().brand();
var approvalId = uuid2().brand();
var answerId = uuid2().brand();
var verdictId = uuid2().brand();
var commitId = uuid2().brand();
var budgetId = uuid2().brand();
var eventId2 = uuid2().brand();
var stopId = uuid2().brand();

// ../contract/lists.ts
import { z as z4 } from "zod";
function queryInteger({ min, max }) {
  return z4.coerce.number().int().min(min).max(max);
}
var queryFlag = z4.union([z4.boolean(), z4.enum(["true", "false"])]).transform((value) => value === true || value === "true");
var listQuery = {
  cursor: text({ min: 1, max: limits.cursor_characters_max }).optional(),
  limit: queryInteger({ min: 1, max: limits.page_size_max }).default(limits.page_size_default)
};
var pageQuery = {
  offset: queryInteger({ min: 0, max: limits.offset_max }).optional(),
  page: queryInteger({ min: 1, max: limits.offset_max }).optional(),
  page_size: queryInteger({ min: 1, max: limits.page_size_max }).optional()
};
function listOf(item) {
  return z4.object({
    items: z4.array(item),
    next_cursor: z4.string().optional().describe("Absent on the last page."),
    total: count.optional().describe("Only where the request asked by page or offset.")
  });
}

// ../contract/shapes/documents.ts
import { z as z6 } from "zod";

// ../contract/shapes/actors.ts
import { z as z5 } from "zod";
var actorKinds = ["user", "agent", "key", "gateway", "did", "system"];
var actor = z5.object({
  kind: z5.enum(actorKinds),
  id: z5.string(),
  name: z5.string().optional()
});

// ../contract/shapes/documents.ts
var documentScopes = ["project", "agent"];
var scope = z6.enum(documentScopes);
var documentKey = text({ min: 1, max: limits.reference_characters_max }).regex(
  /^[^/\s][^\p{Cc}]*$/u,
  "must begin with neither slash nor white space, and hold no control characters"
);
var pointer2 = text({ max: limits.reference_characters_max }).regex(
  /^(?:\/(?:[^~/]|~[01])*)*$/,
  "must be a JSON Pointer (RFC 6901)"
);
var operationKinds = ["create", "set", "merge", "append", "increment"];
var operationInput = z6.strictObject({
  op: z6.enum(operationKinds),
  scope: scope.default("project"),
  agent_id: agentRef.optional().describe("Whose document, where the scope is `agent`; absent: the agent of the run."),
  document: documentKey,
  path: pointer2.default(""),
  value: json({ max_bytes: limits.document_bytes_max }).optional(),
  by: z6.number().optional().describe("For `increment`; absent: 1.")
}).refine((operation) => operation.op === "increment" || operation.value !== void 0, {
  error: "is required unless op is increment",
  path: ["value"]
});
var readInput = z6.union([
  documentKey,
  z6.strictObject({
    document: documentKey,
    scope: scope.optional(),
    agent_id: agentRef.optional(),
    may_move: z6.boolean().optional()
  })
]);
var readEntry = z6.object({
  document: z6.string(),
  scope,
  agent_id: agentId.optional(),
  version,
  may_move: z6.boolean().optional()
});
var document = z6.object({
  document: z6.string(),
  scope,
  project_id: projectId.optional(),
  agent_id: agentId.optional(),
  version,
  value: json({ max_bytes: limits.document_bytes_max }),
  sha256: sha2562.describe("Of the value as canonical JSON (RFC 8785)."),
  committed_at: timestamp2,
  commit_id: commitId
});
var documentEntry = document.omit({ value: true }).extend({ size_bytes: count });
var documentQuery = z6.strictObject({
  ...listQuery,
  prefix: text({ max: limits.reference_characters_max }).optional()
});
var documentList = listOf(documentEntry);
var documentPut = z6.strictObject({ value: json({ max_bytes: limits.document_bytes_max }) });
var documentGetQuery = z6.strictObject({
  version: queryInteger({ min: 1, max: Number.MAX_SAFE_INTEGER }).optional()
});
var documentVersion = documentEntry.extend({
  committed_by: actor,
  goal_id: goalId.optional(),
  task_id: taskId.optional(),
  run_id: runId.optional()
});
var documentHistory = listOf(documentVersion);
var versionParameter = queryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER });
var documentDiffQuery = z6.strictObject({
  from: versionParameter.optional().describe("Absent: the one before `to`."),
  to: versionParameter.optional().describe("Absent: the current one.")
});
var difference = z6.object({
  op: z6.enum(["add", "remove", "replace"]),
  path: z6.string(),
  before: json({ max_bytes: limits.document_bytes_max }).optional(),
  after: json({ max_bytes: limits.document_bytes_max }).optional()
});
var documentDiff = z6.object({
  document: z6.string(),
  from: version,
  to: version,
  changes: z6.array(difference),
  truncated: z6.boolean().describe("Whether there were more differences than are shown.")
});
var globalState = z6.object({
  agent_id: agentId,
  name: z6.string(),
  state_version: version,
  value: jsonObject({ max_bytes: limits.document_bytes_max }),
  goals: z6.array(json()).describe("`value.goals`, or empty."),
  campaigns: z6.array(json()).describe("`value.campaigns`, or empty."),
  last_updated: timestamp2.optional()
});
var action = z6.enum(["add", "update", "remove"]);
var goalChange = z6.strictObject({ action, goal: jsonObject().describe("Found again by its `goal_id` or `id`.") });
var campaignChange = z6.strictObject({
  action,
  campaign: jsonObject().describe("Found again by its `campaign_id` or `id`.")
});
var globalStateUpdate = z6.strictObject({
  agent_id: agentRef,
  input_state_version: version.describe("The version that was read; the update is refused when it has moved."),
  updates: z6.strictObject({
    goals: z6.array(goalChange).max(limits.page_size_max).optional(),
    campaigns: z6.array(campaignChange).max(limits.page_size_max).optional()
  }).optional(),
  merge: jsonObject({ max_bytes: limits.document_bytes_max }).optional().describe("A merge patch (RFC 7396)."),
  commit_hash: sha2562.optional().describe("Recorded with the commit.")
}).refine((body) => body.updates !== void 0 || body.merge !== void 0, {
  error: "must have updates or merge",
  path: ["updates"]
});
var globalStateUpdated = z6.object({ updated: z6.boolean(), new_state_version: version, commit_id: commitId });

// ../contract/shapes/tasks.ts
var taskStatuses = [
  "pending",
  "ready",
  "running",
  "in_review",
  "awaiting_approval",
  "acting",
  "done",
  "failed",
  "rejected",
  "skipped",
  "cancelled"
];
var priorities = ["low", "medium", "high", "urgent"];
var priority = z7.enum(priorities);
var failurePolicies = ["fail", "skip", "continue", "replan", "ask"];
var onFailure = z7.enum(failurePolicies);
var taskKey = text({ min: 1, max: limits.key_characters_max }).regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/);
var capabilityName = text({ min: 1, max: limits.name_characters_max });
var reference = z7.strictObject({ $from: text({ min: 1, max: limits.reference_characters_max }) });
var taskBudget = z7.strictObject({ cost_micro_usd: microUsd.default(0), tokens: count.default(0) });
var work = {
  title: name.optional().describe("Absent: the key."),
  capability: capabilityName,
  agent_id: agentRef.nullish().describe("Absent or null: the active agent with the capability and the fewest live runs."),
  input: json().default({}),
  reads: z7.array(readInput).max(limits.task_reads_max).default([]),
  writes: z7.array(operationInput).max(limits.task_writes_max).optional().describe(
    "Absent: the output is created as `goals/{goal_id}/{key}` (`tasks/{task_id}` for a task without a goal)."
  ),
  output_schema: jsonObject().optional().describe("JSON Schema that the output must satisfy."),
  checks: z7.array(z7.union([checkName, check])).max(limits.policy_checks_max).default([]),
  approval: z7.enum(["none", "before", "after", "always"]).default("none"),
  budget: taskBudget.optional(),
  priority: priority.optional().describe("Absent: that of the goal, else medium."),
  timeout_ms: z7.int().min(1).max(limits.task_timeout_ms_max).default(limits.task_timeout_ms_default),
  attempts_max: z7.int().min(1).max(limits.attempts_max).default(limits.attempts_default)
};
var dependency = z7.strictObject({ key: taskKey, on_failure: onFailure.optional() });
var planTask = z7.strictObject({
  key: taskKey,
  ...work,
  depends_on: z7.array(z7.union([taskKey, dependency])).max(limits.task_dependencies_max).default([]),
  on_failure: onFailure.default("fail").describe("For the edges that name none."),
  for_each: reference.optional(),
  repeat: z7.strictObject({
    until: text({ min: 1, max: limits.reference_characters_max }).describe("CEL over `output`."),
    max: z7.int().min(1).max(limits.repeat_max).default(limits.repeat_default)
  }).optional()
});
var taskCreate = z7.strictObject({
  project_id: projectId,
  kind: text({ min: 1, max: limits.key_characters_max }).default("work"),
  ...work
});
var projectTaskCreate = z7.strictObject({
  kind: text({ min: 1, max: limits.key_characters_max }).default("work"),
  ...work,
  capability: capabilityName.optional(),
  agent_type: capabilityName.optional().describe("Another word for `capability`."),
  instructions: text({ max_bytes: limits.goal_text_bytes_max }).optional().describe("Becomes `input.instructions`."),
  context_ids: z7.array(artifactId).max(limits.goal_input_files_max).optional().describe("Becomes `input.artifact_ids`.")
}).refine((body) => body.capability === void 0 !== (body.agent_type === void 0), {
  error: "must name either capability or agent_type",
  path: ["capability"]
});
var taskCounters = z7.object({ attempts: count, leases_lost: count, retries: count, conflicts: count });
var task = z7.object({
  id: taskId,
  kind: z7.string(),
  project_id: projectId,
  goal_id: goalId.optional(),
  key: z7.string().optional(),
  title: z7.string(),
  capability: z7.string(),
  agent_id: agentId.optional().describe("The agent it is pinned to, or was given to."),
  status: z7.enum(taskStatuses),
  because: z7.string().optional().describe("Why it stands where it stands, where that is not plain."),
  input: json(),
  depends_on: z7.array(z7.object({ key: z7.string(), task_id: taskId.optional(), on_failure: onFailure })),
  on_failure: onFailure,
  reads: z7.array(readInput),
  writes: z7.array(operationInput).optional(),
  output_schema: jsonObject().optional(),
  checks: z7.array(z7.union([checkName, check])),
  approval: z7.enum(["none", "before", "after", "always"]),
  budget: taskBudget.optional(),
  priority,
  timeout_ms: z7.int(),
  attempts_max: z7.int(),
  for_each: reference.optional(),
  repeat: z7.object({ until: z7.string(), max: z7.int() }).optional(),
  counters: taskCounters,
  plan_revision: z7.int().optional(),
  parent_id: taskId.optional().describe("The `for_each` task that it is a child of."),
  retry_of: taskId.optional(),
  run_id: runId.optional().describe("The live run, else the latest one."),
  output: json().optional(),
  committed: z7.object({
    commit_id: commitId,
    documents: z7.array(z7.object({ document: z7.string(), scope: z7.enum(["project", "agent"]), version }))
  }).optional().describe("What its accepted result wrote."),
  created_at: timestamp2,
  ready_at: timestamp2.optional(),
  started_at: timestamp2.optional(),
  ended_at: timestamp2.optional()
});
var taskQuery = z7.strictObject({
  ...listQuery,
  ...pageQuery,
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  status: z7.enum(taskStatuses).optional()
});
var projectTaskQuery = taskQuery.omit({ project_id: true });
var goalTaskQuery = z7.strictObject({
  ...listQuery,
  status: z7.enum(taskStatuses).optional(),
  revision: z7.coerce.number().int().min(1).optional().describe("Absent: the current one."),
  leaf: queryFlag.optional().describe("Only tasks without dependents, whose documents are the results of the goal.")
});
var taskList = listOf(task);
var submittedTask = task.extend({ task_id: taskId });
var taskReason = z7.strictObject({ reason: text({ max_bytes: limits.reason_bytes_max }).optional() });
var projectStatus = z7.object({
  project_id: projectId,
  status: z7.enum(["active", "paused", "stopped"]),
  counts: z7.record(z7.enum(taskStatuses), count),
  tasks: z7.array(
    z7.object({
      task_id: taskId,
      goal_id: goalId.optional(),
      title: z7.string(),
      agent_type: z7.string().describe("The capability."),
      status: z7.enum(taskStatuses),
      created_at: timestamp2,
      updated_at: timestamp2
    })
  ),
  next_cursor: z7.string().optional()
});

// src/modules/planner/graph.rules.ts
var PlanError = class extends Error {
  problem;
  path;
  constructor(problem, path2, message) {
    super(message);
    this.problem = problem;
    this.path = path2;
  }
};
function graphOf(tasks) {
  const places2 = placesOf(tasks);
  const edges = tasks.flatMap((task2, index) => edgesOf(task2, index, places2));
  const out = /* @__PURE__ */ new Map();
  const waits = new Map(tasks.map((task2) => [task2.key, 0]));
  for (const { from, to } of edges) {
    const targets = out.get(from);
    if (targets) targets.push(to);
    else out.set(from, [to]);
    waits.set(to, (waits.get(to) ?? 0) + 1);
  }
  for (const [key, targets] of out)
    if (targets.length > limits.plan_fan_out_max)
      throw new PlanError("too_wide", pathOf(places2, key), `${targets.length} tasks depend on "${key}"; the limit is ${limits.plan_fan_out_max}.`);
  return { edges, ...sorted(tasks, { out, waits, places: places2 }) };
}
function placesOf(tasks) {
  const places2 = /* @__PURE__ */ new Map();
  tasks.forEach(({ key }, index) => {
    if (places2.has(key)) throw new PlanError("duplicate_key", `plan.tasks[${index}].key`, `The key "${key}" stands twice in the plan.`);
    places2.set(key, index);
  });
  return places2;
}
function edgesOf(task2, index, places2) {
  const edges = /* @__PURE__ */ new Map();
  const add = (from, on_failure, path3) => {
    if (!places2.has(from)) throw new PlanError("unknown_key", path3, `"${task2.key}" depends on "${from}", which is not in the plan.`);
    if (from === task2.key) throw new PlanError("cycle", path3, `"${task2.key}" depends on itself.`);
    if (!edges.has(from)) edges.set(from, { from, to: task2.key, on_failure });
  };
  task2.depends_on.forEach((dependency2, place) => {
    const path3 = `plan.tasks[${index}].depends_on[${place}]`;
    if (typeof dependency2 === "string") add(dependency2, task2.on_failure, path3);
    else add(dependency2.key, dependency2.on_failure ?? task2.on_failure, path3);
  });
  const path2 = `plan.tasks[${index}].input`;
  for (const text2 of referencesIn(task2.input)) addReference(text2, path2);
  if (task2.for_each) addReference(task2.for_each.$from, `plan.tasks[${index}].for_each`);
  task2.writes?.forEach((write2, place) => checkWrite(write2.value, `plan.tasks[${index}].writes[${place}].value`));
  return [...edges.values()];
  function addReference(text2, at) {
    const reference2 = parseReference(text2);
    if (!reference2) throw new PlanError("reference", at, `"${text2}" is not a reference of the form key.output.name[0].`);
    if (reference2.key === "item" || reference2.key === "index") {
      if (!task2.for_each) throw new PlanError("reference", at, `"${text2}" has a meaning inside for_each only.`);
      return;
    }
    add(reference2.key, task2.on_failure, at);
  }
}
function checkWrite(value, path2) {
  for (const text2 of referencesIn(value))
    if (!parseOwnReference(text2))
      throw new PlanError("reference", path2, `"${text2}" must begin with output: what a task writes comes from its own output.`);
}
function sorted(tasks, { out, waits, places: places2 }) {
  const level = /* @__PURE__ */ new Map();
  const order = tasks.filter(({ key }) => waits.get(key) === 0).map(({ key }) => key);
  for (const key of order) level.set(key, 1);
  let depth = 1;
  for (let at = 0; at < order.length; at += 1) {
    const key = order[at] ?? "";
    const next = (level.get(key) ?? 1) + 1;
    for (const target of out.get(key) ?? []) {
      level.set(target, Math.max(level.get(target) ?? 0, next));
      const left = (waits.get(target) ?? 0) - 1;
      waits.set(target, left);
      if (left > 0) continue;
      order.push(target);
      depth = Math.max(depth, level.get(target) ?? 1);
    }
  }
  if (order.length < tasks.length) {
    const stuck = tasks.find(({ key }) => (waits.get(key) ?? 0) > 0);
    throw new PlanError("cycle", pathOf(places2, stuck?.key ?? ""), `"${stuck?.key}" waits for itself through what it depends on.`);
  }
  if (depth > limits.plan_depth_max)
    throw new PlanError("too_deep", "plan.tasks", `The longest chain has ${depth} tasks; the limit is ${limits.plan_depth_max}.`);
  return { order, depth };
}
var pathOf = (places2, key) => `plan.tasks[${places2.get(key) ?? 0}]`;

// src/modules/planner/plan-rows.rules.ts
function rowsOf(plan, graph, options) {
  const { ids } = options;
  const waits = /* @__PURE__ */ new Map();
  for (const { to } of graph.edges) waits.set(to, (waits.get(to) ?? 0) + 1);
  const edges = graph.edges.map(({ from, to, on_failure }) => ({ from_id: ids.get(from) ?? "", to_id: ids.get(to) ?? "", on_failure }));
  const tasks = plan.map((task2) => ({
    id: ids.get(task2.key) ?? "",
    key: task2.key,
    title: task2.title ?? task2.key,
    capability: task2.capability,
    agent_id: task2.agent_id ? options.agents.get(task2.agent_id) ?? null : null,
    priority: priority_ranks[task2.priority ?? options.priority],
    cost_micro_usd: task2.budget?.cost_micro_usd ?? 0,
    tokens: task2.budget?.tokens ?? 0,
    timeout_ms: task2.timeout_ms,
    attempts_max: task2.attempts_max,
    input: JSON.stringify(task2.input),
    spec: JSON.stringify(specOf(task2)),
    step: stepOf(task2, options.approve_before),
    waits_on: waits.get(task2.key) ?? 0,
    parent_id: null,
    item_index: null,
    retry_of: null
  }));
  return { tasks, edges };
}
function specOf(task2) {
  return {
    ...task2.reads.length > 0 && { reads: task2.reads },
    ...task2.writes && { writes: task2.writes },
    ...task2.output_schema && { output_schema: task2.output_schema },
    ...task2.checks.length > 0 && { checks: task2.checks },
    ...task2.approval !== "none" && { approval: task2.approval },
    ...task2.for_each && { for_each: task2.for_each },
    ...referencesIn(task2.input).length > 0 && { refers: true }
  };
}
function stepOf(task2, approve_before) {
  if (task2.approval === "before" || approve_before.includes(task2.capability)) return "approve";
  return task2.for_each ? "expand" : "run";
}

// src/modules/tools/capabilities/noop.ts
import { z as z8 } from "zod";

// src/modules/tools/tools.port.ts
var CapabilityError = class extends Error {
  code;
  retryable;
  constructor(code, message, retryable2 = false) {
    super(message);
    this.name = "CapabilityError";
    this.code = code;
    this.retryable = retryable2;
  }
};

// src/modules/tools/pure-capability.ts
function parseInput(schema, given) {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join(".") || "input";
  throw new CapabilityError("invalid", `${field}: ${issue?.message ?? "does not match"}`);
}

// src/modules/tools/capabilities/noop.ts
var input = z8.union([
  z8.looseObject({
    pad_bytes: z8.int().min(0).max(256 * 1024).optional()
  }),
  z8.array(z8.unknown()),
  z8.string(),
  z8.number(),
  z8.boolean(),
  z8.null()
]);
var noop = {
  name: "noop",
  summary: "Gives its input back; pad_bytes adds that many bytes of text.",
  deterministic: true,
  cpu: false,
  input,
  run: async (given) => ({ output: echo(parseInput(input, given ?? {})) })
};
function echo(given) {
  const padded = isObject2(given) && given.pad_bytes !== void 0;
  return padded ? { ...given, padding: "x".repeat(given.pad_bytes ?? 0) } : given;
}
function isObject2(given) {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

// try-bench.ts
import pg3 from "pg";

// ../../../tmp/pgcpu.mjs
import fs from "fs";
function pgcpu() {
  let t = 0;
  for (const p of fs.readdirSync("/proc")) {
    if (!/^\d+$/.test(p)) continue;
    try {
      const s = fs.readFileSync(`/proc/${p}/stat`, "utf8");
      if (!s.includes("(postgres)")) continue;
      const cl = fs.readFileSync(`/proc/${p}/cmdline`, "utf8");
      const f = s.slice(s.lastIndexOf(")") + 2).split(" ");
      t += Number(f[11]) + Number(f[12]) + Number(f[13]) + Number(f[14]);
    } catch {
    }
  }
  return t * 10;
}

// try-bench.ts
var mode = process.argv[2] ?? "alone";
var slots = Number(process.argv[3] ?? 64);
var goals = Number(process.argv[4] ?? 300);
var shape = process.argv[5] ?? "diamond";
var admin = new pg3.Client("postgres://postgres@127.0.0.1:5544/postgres");
await admin.connect();
await admin.query("drop database if exists trybench");
await admin.query("create database trybench");
await admin.end();
var source = openPostgres({ url: process.env.SOCK ? "postgres://postgres@/trybench?host=/tmp/pgb&port=5544" : "postgres://postgres@127.0.0.1:5544/trybench", connections: 8, statement_timeout_ms: 6e4, onError: console.error });
await migrate(source, new URL("./migrations/", import.meta.url));
var database = createDatabase(source);
var { engine, db } = database;
var org = newId();
var project = newId();
var agent = newId();
var actor2 = { kind: "system", id: "muster" };
var policy2 = mode === "whole" ? default_policy : completePolicy({ checks: [] });
await engine.transact(async (tx) => {
  await tx.execute(sql`insert into organizations (organization_id,name) values (${org},'o')`);
  await tx.execute(sql`insert into projects (organization_id,id,name,oversight,policy_version) values (${org},${project},'p','medium',1)`);
  await tx.execute(sql`insert into project_policies (organization_id,project_id,version,policy,oversight) values (${org},${project},1,${JSON.stringify(policy2)},'medium')`);
  await tx.execute(sql`insert into agents (organization_id,id,name,runtime,capabilities) values (${org},${agent},'builtin','builtin',${["noop"]}::text[])`);
});
var seqTime = 0;
var sealed = 0;
var sequencer = createSequencer({ engine, signer: signerFrom(newSignerPem()) });
var dirty = false;
var sealing;
function wakeSeq() {
  dirty = true;
  sealing ??= (async () => {
    while (dirty) {
      dirty = false;
      const t = performance.now();
      const r = await sequencer.seal();
      seqTime += performance.now() - t;
      sealed += r.events;
      if (r.events) dirty = true;
      await new Promise((r2) => setTimeout(r2, 25));
    }
    sealing = void 0;
  })();
}
var journal = createJournal({ epoch: 1, onRecorded: wakeSeq });
var dispatch = createDispatch();
var planner = createPlanner({ journal, dispatch, ask: async () => {
} });
var budgets = createBudgets({ journal });
var state = { read: stateStore.read, commit: commitAll, moved: async () => [] };
var cache = /* @__PURE__ */ new Map();
var projects = { gates: (tx, refs, lock) => lock === "share" ? projectsStore.lockGates(tx, refs) : projectsStore.gates(tx, refs), policy: async (tx, ref, v) => {
  const k = ref.project_id + v;
  let p = cache.get(k);
  if (!p) {
    p = await projectsStore.policy(tx, ref, v);
    cache.set(k, p);
  }
  return p;
} };
var worker = createWorker({ engine, journal, budgets, planner, state });
var examine = async (tx, { policy: policy3 }) => verdictOf({ findings: [], facts: { approval: "none", sent_back: 0, deterministic: true, loss_possible: false, effect_for_people: false, amended: false }, policy: policy3 });
if (mode === "whole") {
  const { runChecks, textsOf } = await import("./src/modules/judge/checks/run-checks.ts");
  examine = async (tx, { policy: policy3, result: r }) => verdictOf({ findings: runChecks(policy3.checks, { output: r.value, sources: /* @__PURE__ */ new Map() }), facts: { approval: "none", sent_back: 0, deterministic: true, loss_possible: false, effect_for_people: false, amended: false }, policy: policy3 });
}
var judgeParts = { journal, projects, state, budgets, approvals: { open: async () => {
  throw new Error("x");
}, withdraw: async () => {
} }, planner, worker, examine, isDeterministic: () => true };
worker.register({ kind: "work", settle: (tx, results) => settleResults(judgeParts, tx, results) });
var keys = Array.from({ length: 10 }, (_, i) => "t" + i);
async function makeGoal() {
  const goal_id = newId();
  const tasks = keys.map((key, i) => planTask.parse({ key, capability: "noop", input: { text: "a".repeat(200), pad_bytes: 1e3 }, depends_on: shape === "chain" ? i ? ["t" + (i - 1)] : [] : i === 0 ? [] : i === 9 ? keys.slice(1, 9) : ["t0"], writes: mode === "whole" ? [{ op: "set", document: `g/${goal_id}/${key}`, value: { $from: "output" } }] : [], ...mode === "whole" && { budget: { cost_micro_usd: 1 } } }));
  const graph = graphOf(tasks);
  const ids = new Map(keys.map((k) => [k, newId()]));
  const rows = rowsOf(tasks, graph, { priority: "medium", approve_before: [], agents: /* @__PURE__ */ new Map(), ids });
  await engine.transact(async (tx) => {
    await goalStore.insertGoal(tx, { organization_id: org, id: goal_id, project_id: project, title: "g", text: null, status: "running", strategy: "explicit", plan_revision: 1, priority: 2, artifact_ids: [], variables: "{}", created_by: JSON.stringify(actor2), open_tasks: 10 });
    await goalStore.graft(tx, { organization_id: org, project_id: project, goal_id, revision: 1, created_by: JSON.stringify(actor2), tasks: rows.tasks, edges: rows.edges, queue: true });
    if (mode === "whole") await tx.execute(sql`insert into budget_limits (organization_id,id,scope_kind,scope_id,budget_window,cost_micro_usd) values (${org},${newId()},'goal',${goal_id},'goal',1000000)`);
    journal.record(tx, org, [{ type: "goal.created", actor: actor2, goal_id, project_id: project }]);
    dispatch.announce(tx, "task_queue");
  });
  return goal_id;
}
if (mode === "whole") await engine.transact(async (tx) => {
  for (const [k, id] of [["organization", org], ["project", project]]) await tx.execute(sql`insert into budget_limits (organization_id,id,scope_kind,scope_id,budget_window,cost_micro_usd) values (${org},${newId()},${k},${id},'ever',1000000000)`);
});
var chain = shape === "chain";
if (!chain) {
  for (let i = 0; i < goals; i += 8) await Promise.all(Array.from({ length: 8 }, makeGoal));
}
await engine.transact((tx) => tx.execute(sql`select 1`));
var ended = 0;
var sizes = [];
var runner = createRunner({
  slots,
  dispatch,
  onError: console.error,
  claim: async (max) => {
    const c = await worker.claim({ claimer: { runtime: "builtin" }, max, claimed_by: actor2, process_id: null });
    if (c.length) sizes.push(c.length);
    return c;
  },
  work: async ({ run, task: task2 }) => {
    const { output } = await noop.run(task2.input, {});
    const text2 = JSON.stringify(output);
    return { written: worker.settle({ run, task: task2, completed_by: actor2, output: text2, value: output, output_sha256: sha256(text2).toString("hex"), artifact_ids: [], source_ids: [], usage: { cost_micro_usd: 0, tokens: 0 } }).then((o) => {
      ended++;
      if (o !== "committed") console.log(o);
    }) };
  }
});
database.counts.statements = 0;
database.counts.transactions = 0;
sealed = 0;
seqTime = 0;
var wal = async () => (await engine.transact((tx) => tx.row(sql`select pg_current_wal_lsn()::text l`))).l;
var w0 = await wal();
var cpu0 = process.cpuUsage();
var pg0 = pgcpu();
var t0 = performance.now();
runner.start();
if (chain) {
  const times = [];
  for (let i = 0; i < 60; i++) {
    const target = ended + 10;
    const t = performance.now();
    await makeGoal();
    const t1 = performance.now();
    while (ended < target) await new Promise((r) => setImmediate(r));
    times.push(performance.now() - t1);
    await new Promise((r) => setTimeout(r, 20));
  }
  times.sort((a, b) => a - b);
  console.log("chain p50", times[30].toFixed(1), "p90", times[54].toFixed(1));
} else {
  while (ended < goals * 10) await new Promise((r) => setTimeout(r, 5));
  const ms = performance.now() - t0;
  const pg1 = pgcpu();
  const cpu = process.cpuUsage(cpu0);
  const w1 = await wal();
  const walb = await engine.transact((tx) => tx.row(sql`select pg_wal_lsn_diff(${w1}::pg_lsn, ${w0}::pg_lsn)::bigint d`));
  console.log(mode, "slots", slots, (goals * 10 / ms * 1e3).toFixed(0), "tasks/s", "node cpu/1000", ((cpu.user + cpu.system) / 1e3 / (goals * 10)).toFixed(3), "ms/task; pg cpu", ((pg1 - pg0) / goals / 10).toFixed(3), "stmts/task", (database.counts.statements / goals / 10).toFixed(2), "wal/task", (walb.d / goals / 10).toFixed(0), "avg claim", (sizes.reduce((a, b) => a + b, 0) / sizes.length).toFixed(1), "sealed", sealed, "seq ms", seqTime.toFixed(0));
}
await runner[Symbol.asyncDispose]();
for (const [k, e] of globalThis.__by ?? []) console.log(String(e[0]).padStart(6), (e[1] / goals / 10).toFixed(0).padStart(7), (e[2] / goals / 10).toFixed(0).padStart(7), k);
for (const [k, [n, t]] of [...globalThis.__st ?? []].sort((a, b) => b[1][1] - a[1][1]).slice(0, 14)) if (0) console.log(String(n).padStart(6), t.toFixed(0).padStart(7), (t / n).toFixed(3).padStart(8), k);
console.log(await engine.transact((tx) => tx.rows(sql`select status, count(*) from goals group by 1`)));
while (sealing) await sealing;
await database[Symbol.asyncDispose]();
