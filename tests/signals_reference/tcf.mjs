// Asks @iabtechlabtcf/core: JSON lines in, JSON lines out. {"encode": model}, {"decode": text}, or
// {"time": [texts], "rounds": n}, which answers with microseconds a string.
import { createInterface } from "node:readline";
import { TCModel, TCString, PurposeRestriction, Vector } from "@iabtechlabtcf/core";

const SETS = [
  "specialFeatureOptins", "purposeConsents", "purposeLegitimateInterests", "vendorConsents",
  "vendorLegitimateInterests", "vendorsDisclosed", "vendorsAllowed", "publisherConsents",
  "publisherLegitimateInterests", "publisherCustomConsents", "publisherCustomLegitimateInterests",
];
const PLAIN = [
  "version", "cmpId", "cmpVersion", "consentScreen", "consentLanguage", "vendorListVersion", "policyVersion",
  "isServiceSpecific", "useNonStandardTexts", "purposeOneTreatment", "publisherCountryCode", "numCustomPurposes",
];
const ALL = Array.from({ length: 24 }, (_, index) => index + 1);
const VENDOR = { purposes: ALL, legIntPurposes: ALL, flexiblePurposes: ALL, specialPurposes: [] };

const EVERY = new Proxy({}, { get: () => VENDOR });
// For timing: a plain object, as a real list has, since a proxy is slow.
const MANY = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [index + 1, VENDOR]));

// A vendor list on which every vendor declares everything, so that the encoder leaves nothing out. It is not
// cloned with the model, which would take the encoder longer than all the rest.
function listOf(model, vendors = EVERY) {
  return {
    vendorListVersion: model.vendorListVersion,
    tcfPolicyVersion: model.policyVersion,
    language: model.consentLanguage,
    isReady: true,
    vendorIds: { has: () => true },
    vendors,
    narrowVendorsTo() {},
    clone() { return this; },
  };
}

function vectorOf(ids) {
  const vector = new Vector();
  vector.set(ids ?? []);
  return vector;
}

function toModel(told) {
  const model = new TCModel();
  for (const name of PLAIN) if (told[name] !== null && told[name] !== undefined) model[name] = told[name];
  for (const name of SETS) model[name] = vectorOf(told[name]);
  model.created = new Date(told.created);
  model.lastUpdated = new Date(told.lastUpdated);
  for (const one of told.publisherRestrictions) {
    const restriction = new PurposeRestriction(one.purposeId, one.restrictionType);
    for (const vendor of one.vendors) model.publisherRestrictions.add(vendor, restriction);
  }
  model.gvl = listOf(told);
  return model;
}

function segmentsOf(told) {
  const segments = ["core"];
  if (told.vendorsDisclosed) segments.push("vendorsDisclosed");
  if (told.vendorsAllowed) segments.push("vendorsAllowed");
  if (told.publisherConsents) segments.push("publisherTC");
  return segments;
}

function tell(model) {
  const told = {};
  for (const name of PLAIN) told[name] = model[name];
  for (const name of SETS) told[name] = [...model[name].values()].sort((a, b) => a - b);
  told.created = model.created.toISOString();
  told.lastUpdated = model.lastUpdated.toISOString();
  told.publisherRestrictions = model.publisherRestrictions.getRestrictions().map((one) => ({
    purposeId: one.purposeId,
    restrictionType: one.restrictionType,
    vendors: model.publisherRestrictions.getVendors(one),
  }));
  return told;
}

function timed(work, inputs, rounds) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    for (const input of inputs) work(input);
    times.push((1000 * (performance.now() - started)) / inputs.length);
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)];
}

function time({ time: texts, rounds }) {
  const models = texts.map((text) => {
    const model = TCString.decode(text);
    model.gvl = listOf(tell(model), MANY);
    return model;
  });
  const segments = texts.map((text) => segmentsOf({
    vendorsDisclosed: text.includes(".I"), publisherConsents: /\.[YZ-f]/.test(text),
  }));
  const pairs = models.map((model, index) => ({ model, options: { segments: segments[index] } }));
  const decode = timed((text) => TCString.decode(text), texts, rounds);
  const encode = timed(({ model, options }) => TCString.encode(model, options), pairs, rounds);
  return { decode, encode };
}

function answer(question) {
  try {
    if (question.time) return time(question);
    if (question.decode !== undefined) return { model: tell(TCString.decode(question.decode)) };
    const told = question.encode;
    return { text: TCString.encode(toModel(told), { segments: segmentsOf(told) }) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + "\n");
}
