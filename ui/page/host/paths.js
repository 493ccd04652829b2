/**
 * Paths and queries of the server, as its routes read them. Pure.
 *
 * @import { TableQuery } from "../types.js"
 */

/** @param {string} name */
export function topicPath(name) {
  return `/topics/${name}`;
}

/**
 * The query for a part of the table.
 *
 * @param {TableQuery} query
 */
export function queryText({ sort, descending, filter, first, count, ...more }) {
  const all = {
    sort,
    descending: String(descending),
    filter,
    first: String(first),
    count: String(count),
  };
  const query = new URLSearchParams(all);
  if (filter === "") query.delete("filter");
  for (const [name, value] of Object.entries(more)) {
    const text = Array.isArray(value) ? value.join() : String(value);
    if (value !== undefined && text !== "") query.set(name, text);
  }
  return query.toString();
}
