// The host page's own half: what a page author would write, under names that a story can call.
window.stage = {
  keepers: {},
  embeds: {},
  events: [],
  promises: [],
  EVENTS: ["refreshed", "refreshfailed", "applyfailed", "expired", "recovered", "explained", "statechange"],

  /** The container with this id, made when it is missing. */
  container(id) {
    const found = document.getElementById(id);
    if (found) return found;
    const made = document.body.appendChild(document.createElement("div"));
    made.id = id;
    made.style.height = "300px";
    return made;
  },
  /** `how` is the Service's method: embed, createReport and the like. */
  embed(id, config, configuredBy, how = "embed") {
    const full = configuredBy ? stage.keepers[configuredBy].configure(config) : config;
    stage.embeds[id] = powerbi[how](stage.container(id), full);
  },
  keep(name, keeper) {
    stage.keepers[name] = keeper;
    for (const type of stage.EVENTS) {
      keeper.addEventListener(type, ({ detail }) => {
        // the container leads to powerbi-client's objects, which hold the token by right
        const told = detail.element ? { ...detail, element: `#${detail.element.id}` } : { ...detail };
        stage.events.push({ keeper: name, type, at: Date.now(), detail: told, json: JSON.stringify(told) });
      });
    }
  },
  /** Notes how a promise settles, so that a story can look at it without waiting. */
  note(promise) {
    const entry = { state: "pending", at: null };
    const settle = (state) => (value) => {
      const error =
        state === "rejected"
          ? {
              name: value?.name,
              code: value?.code,
              message: value?.message,
              stack: value?.stack,
              json: JSON.stringify(value),
            }
          : undefined;
      Object.assign(entry, { state, at: Date.now() }, error ? { error } : { value });
    };
    promise.then(settle("fulfilled"), settle("rejected"));
    return stage.promises.push(entry) - 1;
  },
};
