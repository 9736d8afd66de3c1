/**
 * The cheapest act that a watchtower must tell: the operator's cold key names another hot key. Owns the keys; mining further blocks, waiting and what
 * must be told are the test's.
 */
import type { DeployedSystem } from '../contracts/deployed.ts';

export class Rotations {
  readonly #system: DeployedSystem;
  readonly #coldKey: string;
  #count = 0;

  private constructor(system: DeployedSystem, coldKey: string) {
    [this.#system, this.#coldKey] = [system, coldKey];
  }

  static async on(system: DeployedSystem): Promise<Rotations> {
    return new Rotations(system, await system.contract('OperatorSeat').getFunction('coldKey').staticCall() as string);
  }

  /**
   * Back when it is mined: anvil answers before that, and a reorganisation asked for meanwhile leaves it without some blocks of its own chain (its
   * finalized one among them, in about one of twenty times).
   * @returns the new key, lower case, as alerts name it: 34 zeros and `ce` first; another one each time
   */
  async rotate(): Promise<string> {
    this.#count += 1;
    const key = `0x${(0xce_0000 + this.#count).toString(16).padStart(40, '0')}`;
    await this.#system.sendAs(this.#coldKey, this.#system.contract('OperatorSeat'), 'rotateOperator', [key]);
    return key;
  }
}
