/**
 * The cheapest act that a watchtower must tell: the operator's cold key names another hot key. Owns sending it on a real deployment, as the cold key;
 * mining, waiting and what must be told are the test's.
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
    const coldKey = await system.contract('OperatorSeat').getFunction('coldKey').staticCall() as string;
    await system.anvil.rpc('anvil_impersonateAccount', coldKey);
    await system.anvil.rpc('anvil_setBalance', coldKey, '0xde0b6b3a7640000');
    return new Rotations(system, coldKey);
  }

  /** @returns the new key, lower case, as alerts name it: begins with 34 zeros and `ce`; another one each time */
  async rotate(): Promise<string> {
    this.#count += 1;
    const key = `0x${(0xce_0000 + this.#count).toString(16).padStart(40, '0')}`;
    const data = this.#system.contract('OperatorSeat').interface.encodeFunctionData('rotateOperator', [key]);
    await this.#system.anvil.rpc('eth_sendTransaction', { from: this.#coldKey, to: this.#system.deployment.contracts['OperatorSeat'], data, gas: '0x30000' });
    return key;
  }
}
