/**
 * A version whose numbers are as large as can be compared exactly. JavaScript writes larger ones with
 * an exponent, and the library of PEP 440 throws over that.
 */
export function withoutEndlessNumbers(version: string): string {
  return version.replace(/\d{16,}/g, '9'.repeat(15));
}
