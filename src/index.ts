export { defineEcosystem } from './config/define.ts';
export type { EcosystemExport } from './config/define.ts';
export type {
  AgentOptions,
  CredentialOptions,
  DefaultsOptions,
  EcosystemOptions,
  NotifyOptions,
  SecretFrom,
} from './config/input.ts';
export type {
  AuthOptions,
  ClaudeOptions,
  Duration,
  IdleWakeOptions,
  LogOptions,
  Maybe,
  MemoryOptions,
  QuietOptions,
  RestartOptions,
  RotateOptions,
  Size,
  StopOptions,
  VerifyOptions,
  WatchOptions,
} from './config/options.ts';
