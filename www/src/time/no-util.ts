// Takes the place of Node's `util`, which fake-timers looks at where there is a `process`.
export const promisify = undefined;
