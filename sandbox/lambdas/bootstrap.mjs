// Runs inside a function's process: imports its handler, calls it, writes the result.
// Arguments: the file for the result. The event comes on standard input, everything else in the environment.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [, , resultFile] = process.argv;
const take = (name) => {
  const value = process.env[name];
  delete process.env[name];
  return value;
};
const deadline = Date.now() + 1000 * Number(take("_SANDBOX_TIMEOUT"));
const context = {
  awsRequestId: take("_SANDBOX_REQUEST_ID"),
  invokedFunctionArn: take("_SANDBOX_FUNCTION_ARN"),
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
  memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
};

const finish = (status, value) => {
  writeFileSync(resultFile, JSON.stringify(value ?? null));
  process.exit(status);
};
const refuse = (errorType, errorMessage) => finish(1, { errorType, errorMessage, trace: [] });
const fail = (error) => {
  console.error(error);
  finish(1, {
    errorType: error?.name ?? "Error",
    errorMessage: error?.message ?? String(error),
    trace: String(error?.stack ?? error).split("\n"),
  });
};

const name = process.env._HANDLER;
const [, module, attribute] = /^(.+)\.([^.]+)$/.exec(name) ?? [];
if (!module) refuse("Runtime.MalformedHandlerName", `Bad handler ${name}`);
const file = [".js", ".mjs", ".cjs"].map((suffix) => resolve(module + suffix)).find((path) => existsSync(path));
if (!file) refuse("Runtime.ImportModuleError", `Error: Cannot find module '${module}'`);

let loaded;
try {
  loaded = await import(pathToFileURL(file));
} catch (error) {
  refuse(error instanceof SyntaxError ? "Runtime.UserCodeSyntaxError" : "Runtime.ImportModuleError", String(error));
}
const handler = loaded[attribute] ?? loaded.default?.[attribute];
if (typeof handler !== "function") refuse("Runtime.HandlerNotFound", `${name} is undefined or not exported`);

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
try {
  const event = JSON.parse(readFileSync(0, "utf8"));
  const callback = (error, value) => (error ? fail(error) : finish(0, value));
  const returned = handler(event, context, callback);
  if (returned?.then) finish(0, await returned);
  else if (handler.length < 3) finish(0, returned);
} catch (error) {
  fail(error);
}
