/** The numbers of Python 3. */

const NUMBER =
  /0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][+-]?\d(?:_?\d)*)?[jJ]?|\d(?:_?\d)*\.?(?:[eE][+-]?\d(?:_?\d)*)?[jJ]?/y;

/** @returns null for what is not one: `0777` and `1L` of Python 2, `1_`, `1if` */
export function numberAt(
  text: string,
  from: number,
): { readonly end: number; readonly isInteger: boolean } | null {
  NUMBER.lastIndex = from;
  const written = NUMBER.exec(text)?.[0];
  if (written === undefined) return null;
  const end = from + written.length;
  const isOctal = /^0\d*[1-9]/.test(written) && !/^0\d*[.eEjJ]/.test(written);
  if (isOctal || /^[\w\u0080-\uffff]/.test(text.slice(end, end + 1))) return null;
  const isInteger = /^0[xXoObB]/.test(written) || !/[.eE]/.test(written);
  return { end, isInteger };
}
