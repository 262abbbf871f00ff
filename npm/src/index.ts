/** powerbi-token-keeper: keeps the access token of an embedded Power BI report fresh. */
export { diagnose, explain, inspectToken } from "./diagnosis.js";
export { KeeperError } from "./errors.js";
export { keepFresh, TokenKeeper } from "./keeper.js";
export type {
  DiagnoseOptions,
  EmbedConfigLike,
  EmbedLike,
  ErrorCode,
  Explanation,
  Finding,
  FindingCode,
  KeeperEventMap,
  KeeperState,
  KeeperStatus,
  RefreshOutcome,
  RefreshReason,
  SourceCheck,
  TokenAnswer,
  TokenEndpoint,
  TokenKeeperOptions,
  TokenReport,
  TokenRequest,
  TokenSource,
  TokenType,
} from "./types.js";
