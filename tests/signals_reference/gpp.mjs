// Asks @iabgpp/cmpapi: JSON lines in, JSON lines out. {"encode": {prefix: {field: value}}}, {"decode": text}, or
// {"time": [texts], "rounds": n}, which answers with microseconds a string.
import { createInterface } from "node:readline";
import { GppModel } from "@iabgpp/cmpapi";

// Every setter of a TCF section stamps the times anew, so they are set last.
const TIMES = ["Created", "LastUpdated"];
const RESTRICTIONS = ["PubRestrictions", "PublisherRestrictions"];

class Restriction {
  constructor({ key, type, ids }) { Object.assign(this, { key, type, ids }); }
  getKey() { return this.key; }
  getType() { return this.type; }
  getIds() { return this.ids; }
}

function valueOf(name, value) {
  if (TIMES.includes(name)) return new Date(value);
  if (RESTRICTIONS.includes(name)) return value.map((one) => new Restriction(one));
  return Array.isArray(value) ? [...value] : value;
}

function toModel(sections) {
  const model = new GppModel();
  for (const [prefix, fields] of Object.entries(sections)) {
    const names = Object.keys(fields).sort((a, b) => TIMES.includes(a) - TIMES.includes(b));
    for (const name of names) model.setFieldValue(prefix, name, valueOf(name, fields[name]));
  }
  return model;
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

// Models keep the text they were read from, and encode() gives that back: every segment is told that it changed.
function encodeAnew(model) {
  for (const section of model.sections.values()) for (const segment of section.segments) segment.dirty = true;
  model.dirty = true;
  return model.encode();
}

function time({ time: texts, rounds }) {
  const told = texts.map((text) => new GppModel(text).toObject());
  const models = told.map((sections) => toModel(sections));
  return {
    decode: timed((text) => new GppModel(text).toObject(), texts, rounds),
    encode: timed(encodeAnew, models, rounds),
    build_and_encode: timed((sections) => toModel(sections).encode(), told, rounds),
  };
}

function answer(question) {
  try {
    if (question.time) return time(question);
    if (question.decode !== undefined) return { sections: new GppModel(question.decode).toObject() };
    return { text: toModel(question.encode).encode() };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + "\n");
}
