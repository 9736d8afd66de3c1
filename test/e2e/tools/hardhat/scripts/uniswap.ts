// Uniswap V2 and V3 and an OpenZeppelin token through Hardhat's own provider and signer. Owns nothing but the call: the scenario and its
// expectations are those that plain ethers runs. Prints one line for the test that runs it.
import type { JsonRpcProvider } from 'ethers';
import { NonceManager } from 'ethers';
import { network } from 'hardhat';
import { runUniswapV2, runUniswapV3 } from '../../../scenarios/uniswap.ts';

const { ethers } = await network.getOrCreate();
const [signer] = await ethers.getSigners();
if (signer === undefined) throw new Error('expected the network to have a signer');
const token = await ethers.deployContract('Token');
await token.waitForDeployment();
await (await token.getFunction('transfer')('0x00000000000000000000000000000000000000aa', 5n)).wait();
const actor = new NonceManager(signer);
const { pair } = await runUniswapV2(ethers.provider as unknown as JsonRpcProvider, actor);
await runUniswapV3(actor);
process.stdout.write(`\nUNISWAP ${JSON.stringify({ pair, tokens: String(await token.getFunction('balanceOf')('0x00000000000000000000000000000000000000aa')) })}\n`);
