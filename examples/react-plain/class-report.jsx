import { Component, createRef } from "react";
import { powerbi } from "./powerbi.js";

export class ClassReport extends Component {
  container = createRef();

  componentDidMount() {
    const { keeper, config } = this.props;
    this.detach = keeper.attach(powerbi.embed(this.container.current, config));
  }

  componentWillUnmount() {
    this.detach();
    powerbi.reset(this.container.current);
  }

  render() {
    return <div ref={this.container} style={{ height: 300 }} />;
  }
}
