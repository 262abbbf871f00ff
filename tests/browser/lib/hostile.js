// Runs in the page: draws values that no sane page hands over, from a seed. What it makes that never settles or never
// ends is put right by `cleanUp()`, so that the page comes to rest.
window.makeHostile = ({ seed, tokens }) => {
  let state = seed;
  /** From 0 up to 1: mulberry32. */
  const draw = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
  const upTo = (most) => Math.floor(draw() * most);
  const pick = (list) => list[upTo(list.length)];
  const chance = (share) => draw() < share;

  /** `without` are the makers whose values the page itself would choke on. */
  const made = { reads: 0, drawn: [], without: [] };
  const cleaning = [];
  const count = () => void (made.reads += 1);
  const realm = (window.foreign ??= document.body.appendChild(document.createElement("iframe")).contentWindow);
  const KEYS = [
    ...["token", "accessToken", "access_token", "embedToken", "expiration", "expires_in", "expiresOn", "data", "d"],
    ...["message", "detailedMessage", "errorCode", "technicalDetails", "errorInfo", "status", "statusCode", "response"],
    ...["headers", "cause", "name", "code", "error", "body", "ok", "text", "type", "config", "element", "iframe", "id"],
    ...["service", "setAccessToken", "reload", "refresh", "bookmarksManager", "iframeLoaded", "lastLoadRequest"],
    ...["groupId", "tokenType", "eventHooks", "uniqueId", "embedUrl", "then", "toJSON", "constructor", "length"],
    ...["getTime", "BYTES_PER_ELEMENT", "nodeType", "source", "url", "report", "__proto__", "level", "settings"],
  ];
  const thrown = () =>
    pick([
      new Error("hostile"),
      null,
      undefined,
      "text",
      7,
      Symbol("s"),
      {
        get message() {
          throw 1;
        },
      },
    ]);

  const text = () =>
    pick([
      () => pick(tokens),
      () => pick(tokens).slice(upTo(50)),
      () => `${pick(tokens)}\ud800`,
      () => JSON.stringify({ accessToken: pick(tokens), expiration: new Date(Date.now() + 3_600_000) }),
      () => `${'{"a":'.repeat(upTo(3_000))}1`,
      () => `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
      () => "",
      () => "\0",
      () => "é".repeat(upTo(70_000)),
      () => "x".repeat(3_000_000),
      () => "TokenExpired",
      () => "eyJ0.e30.x",
      () => `H4sI${"A".repeat(upTo(200))}.${btoa('{"exp":1e400}')}`,
      () => "Infinity",
      () => "2026-01-15T08:00:00.123456789Z",
      () => `${"9".repeat(400)}`,
    ])();
  const primitive = () =>
    pick([
      text,
      text,
      () => undefined,
      () => null,
      () => pick([0, -0, 1, 401, 429, 503, NaN, Infinity, -Infinity, 1e308, 2 ** 53, -1, 0.1]),
      () => chance(0.5),
      () => 10n ** BigInt(upTo(300)),
      () => Symbol("hostile"),
      () => Symbol.iterator,
      // typeof says that it is undefined
      () => document.all,
    ])();

  const refuse = () => {
    count();
    throw thrown();
  };
  /** A proxy whose traps throw, lie, or do as they should. */
  const proxied = (target) => {
    const handler = {};
    for (const trap of [
      "get",
      "has",
      "ownKeys",
      "getOwnPropertyDescriptor",
      "getPrototypeOf",
      "set",
      "apply",
      "construct",
    ]) {
      const how = upTo(8);
      if (how === 0) handler[trap] = refuse;
      else if (how === 1 && trap === "get") {
        // another each time
        handler.get = () => {
          count();
          return chance(0.5) ? primitive() : Object.create(null);
        };
      } else if (trap === "get") {
        handler.get = (...args) => {
          count();
          return Reflect.get(...args);
        };
      } else if (how === 2 && trap === "ownKeys")
        handler.ownKeys = () => KEYS.concat(["a".repeat(200), Symbol.iterator]);
    }
    return new Proxy(target, handler);
  };
  const revoked = (target) => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  /** One that is revoked while it is read. */
  const revoking = (target) => {
    let left = upTo(12);
    const { proxy, revoke } = Proxy.revocable(target, {
      get: (...args) => {
        count();
        if (left-- <= 0) revoke();
        return Reflect.get(...args);
      },
    });
    return proxy;
  };
  const getters = (depth) => {
    const object = chance(0.2) ? Object.create(null) : {};
    for (let i = upTo(8); i >= 0; i--) {
      const key = pick(KEYS);
      const value = chance(0.5) ? any(depth - 1) : undefined;
      const get = () => {
        count();
        if (value === undefined) throw thrown();
        return value;
      };
      Object.defineProperty(object, key, { get, configurable: true, enumerable: chance(0.9) });
    }
    return object;
  };
  const plain = (depth) => {
    const object = chance(0.15) ? new realm.Object() : {};
    for (let i = upTo(8); i >= 0; i--) {
      Object.defineProperty(object, pick(KEYS), {
        value: any(depth - 1),
        writable: true,
        configurable: true,
        enumerable: true,
      });
    }
    return object;
  };
  const list = (depth) => {
    const array = chance(0.15) ? new realm.Array() : [];
    for (let i = upTo(6); i >= 0; i--) array.push(any(depth - 1));
    return array;
  };
  const cycle = (depth) => {
    const one = plain(depth);
    const other = [one, one];
    Object.defineProperty(one, pick(KEYS), { value: other, enumerable: true });
    other.push(other);
    return chance(0.5) ? one : other;
  };
  const shared = () => {
    let nested = pick(tokens).slice(0, 30);
    for (let i = 0; i < 5; i++) nested = Array(60).fill(nested);
    return nested;
  };
  const sparse = () => {
    const array = [];
    array.length = pick([2 ** 32 - 1, 1_000_000, 4_000]);
    if (chance(0.5)) array[upTo(3_000)] = pick(tokens);
    return array;
  };
  const dense = () => Array.from({ length: 20_000 }, (_, i) => (chance(0.5) ? { i } : i));
  const wide = () => Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`k${i}`, i]));
  const bytes = () => {
    const buffer = new ArrayBuffer(pick([0, 8, 1_000_000, 5_000_000]));
    const view = pick([Uint8Array, Float64Array, Uint16Array, DataView, realm.Uint8Array].filter(Boolean));
    const made_ = view === realm.Uint8Array ? new view(16) : new view(buffer);
    if (chance(0.4)) structuredClone(buffer, { transfer: [buffer] });
    // an honest one: whoever lies about what it is has five million keys to be asked for, and could as well loop
    const honest = new Proxy(made_, {
      get: (target, key) => {
        count();
        return Reflect.get(target, key);
      },
    });
    return pick([made_, buffer, honest]);
  };
  const deep = () => {
    let nested = {};
    for (let i = upTo(3_000); i > 0; i--) nested = chance(0.5) ? [nested] : { [pick(KEYS)]: nested };
    return nested;
  };
  const thenable = (depth) => {
    // drawn here: to make it takes longer than to read it
    const value = any(depth - 1);
    return {
      get then() {
        count();
        return pick([
          (done) => done(value),
          (_, failed) => failed(value),
          () => {
            throw thrown();
          },
          () => {},
          (done, failed) => {
            done(value);
            failed(value);
            throw thrown();
          },
          7,
          refuse,
          (done) => void Promise.resolve().then(() => done(value)),
        ]);
      },
    };
  };
  const promise = (depth) => {
    const Native = chance(0.2) ? realm.Promise : Promise;
    const value = any(depth - 1);
    const one = chance(0.5) ? new Native((done) => done(value)) : Native.reject(value);
    // both, since a value may be a thenable only when it is asked again
    one.then(
      () => {},
      () => {},
    );
    if (chance(0.2)) Object.defineProperty(one, pick(["then", "constructor", "catch"]), { get: refuse });
    return one;
  };
  const convertible = () => ({
    toJSON: pick([refuse, () => document.all, () => 10n, () => cycle(1)]),
    toString: refuse,
    valueOf: refuse,
    [Symbol.toPrimitive]: pick([refuse, () => ({}), 7, () => pick(tokens)]),
    [Symbol.iterator]: pick([refuse, () => ({ next: refuse }), undefined]),
    get [Symbol.toStringTag]() {
      return refuse();
    },
  });
  /** What V8 writes out in full when an error's `stack` is read. */
  const WRITTEN_OUT = ["name", "message"];
  const error = (depth) => {
    const one = new (pick([Error, TypeError, DOMException, realm.Error, AggregateError]))(chance(0.5) ? [] : "hostile");
    for (const key of ["status", "response", "cause", "code", "message", "headers", "name", "stack"])
      if (chance(0.3))
        Object.defineProperty(one, key, {
          ...(chance(0.5) ? { get: refuse } : { value: WRITTEN_OUT.includes(key) ? primitive() : any(depth - 1) }),
          configurable: true,
        });
    if (chance(0.2)) Object.defineProperty(one, "cause", { value: one, configurable: true });
    return one;
  };
  const stream = () => {
    const kept = {};
    const body = new ReadableStream({
      start: (controller) => void (kept.controller = controller),
      pull(controller) {
        count();
        const how = upTo(6);
        if (how === 0) controller.error(thrown());
        else if (how === 1) controller.close();
        else if (how === 2) controller.enqueue(new Uint8Array(400_000));
        else if (how === 3) controller.enqueue(new TextEncoder().encode(pick(tokens)));
        else if (how === 4) controller.enqueue(any(1));
        else throw thrown();
      },
    });
    cleaning.push(() => kept.controller.close());
    return body;
  };
  const response = (depth) => {
    if (chance(0.4)) {
      const Native = chance(0.2) ? realm.Response : Response;
      const status = pick([200, 200, 200, 201, 204, 401, 403, 429, 500, 503]);
      const headers = chance(0.3)
        ? { "retry-after": pick(["-1", "9".repeat(99), "é".normalize("NFD").slice(0, 1), ""]) }
        : {};
      const body = status === 204 ? null : chance(0.5) ? text() : Native === Response ? stream() : null;
      return new Native(body, { status, headers });
    }
    return {
      ok: pick([true, false, refuse, undefined]),
      status: pick([200, 204, 500, 999, -1, NaN, 1e9, "200"]),
      type: chance(0.2) ? any(1) : "basic",
      redirected: chance(0.1),
      headers: pick([{ get: refuse }, { get: () => any(1) }, revoked({}), new Headers(), proxied(new Headers())]),
      body: pick([
        null,
        { getReader: refuse },
        { getReader: () => any(1) },
        { getReader: () => ({ read: () => pick([any(1), { done: true }, { value: any(1) }]), cancel: refuse }) },
      ]),
      text: pick([() => any(1), refuse, () => Promise.resolve(text())]),
      json: refuse,
      extra: any(depth - 1),
    };
  };
  const dom = () =>
    pick([
      () => window,
      () => document,
      () => realm,
      () => document.createElement("form"),
      () => new Event("x"),
      () => new AbortController().signal,
      () => document.createElement("iframe"),
      () => new Blob(["x"]),
      () => new URL("https://host.test/?t=1"),
      () => navigator,
    ])();
  const odd = (depth) =>
    pick([
      () => new Date(NaN),
      () => proxied(new Date()),
      () => new realm.Date(),
      () => Object.create(Date.prototype),
      () => new Map([[any(1), any(1)]]),
      () => new Set([cycle(1)]),
      () => new WeakMap(),
      () => /x/g,
      () => function* () {},
      () => class {},
      () => new Proxy(() => {}, {}),
      () => proxied(() => any(1)),
      () => revoked(() => {}),
      () => Object(pick(tokens)),
      () => Object(Symbol.iterator),
      () => Object.assign(() => {}, { token: pick(tokens) }),
      () => new Proxy({}, new Proxy({}, { get: refuse })),
      () => Object.create(proxied(plain(depth - 1))),
      () => Object.freeze(plain(depth - 1)),
      () => (typeof SharedArrayBuffer === "function" ? { shared: new SharedArrayBuffer(8) } : {}),
    ])();
  const MAKERS = Object.entries({
    primitive,
    plain,
    list,
    getters,
    proxied: (depth) => proxied(chance(0.3) ? list(depth) : plain(depth)),
    revoked: () => revoked(pick([{}, [], new Date()])),
    revoking: (depth) => revoking(chance(0.3) ? list(depth) : plain(depth)),
    cycle,
    shared,
    sparse,
    dense,
    wide,
    bytes,
    deep,
    thenable,
    promise,
    convertible,
    error,
    response,
    dom,
    odd,
  });
  function any(depth = 3) {
    if (depth <= 0) return primitive();
    const [name, maker] = pick(MAKERS.filter(([one]) => !made.without.includes(one)));
    made.drawn.push(name);
    return maker(depth);
  }

  /** An embed, or what looks like one until it is touched. */
  const embed = () => {
    const element = pick([
      () => document.createElement("div"),
      () => ({ nodeType: 1, addEventListener: refuse, removeEventListener: refuse, removeAttribute: refuse }),
      () => proxied(document.createElement("div")),
      () => realm.document.createElement("div"),
      () => any(2),
      () => Object.assign(document.createElement("div"), { powerBiEmbed: any(2), removeAttribute: refuse }),
    ])();
    const config = pick([
      () => ({ type: "report", id: "r", groupId: "g", tokenType: pick([0, 1, 2, "1"]), accessToken: pick(tokens) }),
      () => ({ type: any(1), id: any(1), accessToken: text(), tokenType: any(1) }),
      () => any(2),
      () => getters(2),
    ])();
    const one = {
      element,
      config,
      service: pick([
        { accessToken: "x" },
        any(1),
        {
          get accessToken() {
            return refuse();
          },
          set accessToken(_) {
            refuse();
          },
        },
      ]),
      setAccessToken: pick([(given) => void (config.accessToken = given), refuse, () => any(2), () => promise(2)]),
      reload: pick([refuse, () => any(1)]),
      refresh: pick([refuse, () => any(1)]),
      bookmarksManager: any(1),
      iframe: pick([
        undefined,
        document.createElement("iframe"),
        any(1),
        {
          get isConnected() {
            return refuse();
          },
        },
      ]),
      iframeLoaded: pick([true, false, undefined, any(1)]),
      lastLoadRequest: pick([new Date(), proxied(new Date()), Object.create(Date.prototype), any(1)]),
    };
    try {
      if (chance(0.5)) element.powerBiEmbed = chance(0.8) ? one : any(2);
    } catch {
      // it is as it is
    }
    return pick([one, proxied(one), element, any(3), Object.freeze(one), revoking(one)]);
  };
  const options = () => {
    const good = {
      source: pick([
        () => any(2),
        "/api/token",
        { url: "/api/token" },
        { url: "/api/token", headers: any(2), body: any(2) },
      ]),
    };
    const NAMES = [
      "source",
      "tokenType",
      "initial",
      "shareKey",
      "signal",
      "pollIntervalMs",
      "leadMs",
      "afterExpiry",
      "whileHidden",
    ];
    for (let i = upTo(3); i > 0; i--) {
      const key = pick(NAMES);
      // the tabs' own resources are not for a thousand keepers
      if (key === "shareKey") continue;
      Object.defineProperty(
        good,
        key,
        chance(0.3)
          ? { get: refuse, enumerable: true, configurable: true }
          : { value: any(2), enumerable: true, configurable: true },
      );
    }
    return pick([good, good, proxied(good), any(3), revoked({}), revoking(good)]);
  };

  return {
    any,
    embed,
    options,
    response,
    text,
    thrown,
    pick,
    chance,
    made,
    cleanUp() {
      for (const clean of cleaning) {
        try {
          clean();
        } catch {
          // closed or failed already
        }
      }
    },
  };
};
