/** A growing column of numbers: a day of a million calls is a few arrays, not a million objects. */
export class Column {
  private values = new Float64Array(1024);
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(value: number): void {
    if (this.count === this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count] = value;
    this.count += 1;
  }

  at(index: number): number {
    return this.values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }

  /** What was pushed so far; valid until the next push. */
  view(): Float64Array {
    return this.values.subarray(0, this.count);
  }
}
