// Loaded into the server's process before it starts (node --import): its clock is ahead by what the test last said, so
// that an hour's token grows old in a moment. Timers are as they are.

import process from "node:process";

let ahead = 0;
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length) super(...given);
    else super(RealDate.now() + ahead);
  }

  static now() {
    return RealDate.now() + ahead;
  }
};

process.on("message", (message) => {
  ahead = message.ahead;
  process.send({ ahead });
});
// The line to the test keeps no process alive.
process.channel.unref();
