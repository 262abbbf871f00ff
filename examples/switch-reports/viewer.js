import { TokenKeeper } from "powerbi-token-keeper";

/** One container that shows several reports, and a user who may look at them in several roles. */
export class ReportViewer {
  #role = "viewer";

  constructor(powerbi, element) {
    this.powerbi = powerbi;
    this.element = element;
    this.keeper = this.#createKeeper();
  }

  #createKeeper() {
    // the request names the report that is embedded at that moment; the backend checks whether the user has the role
    const body = ({ embeds }) => ({ embeds, role: this.#role });
    return new TokenKeeper({ source: { url: "/api/embed-token", body } });
  }

  /** Each report comes with a token of its own, which the keeper leaves alone until it is due. */
  async show(name) {
    const config = await (await fetch(`/api/embed?report=${name}&role=${this.#role}`)).json();
    this.report = this.powerbi.embed(this.element, config);
    this.keeper.attach(this.report);
  }

  /** A new token for the role, and the data that it may see. */
  async changeRole(role) {
    this.#role = role;
    const outcome = await this.keeper.refresh();
    if (outcome.ok) await this.report.refresh();
  }

  /** After another user has signed in: nothing of the last one stays, neither the keeper's tokens nor the report. */
  async changeUser() {
    this.keeper.stop();
    this.powerbi.reset(this.element);
    this.#role = "viewer";
    this.keeper = this.#createKeeper();
    await this.show("sales");
  }
}
