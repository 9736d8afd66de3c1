// The table of methods: what is dispatched, documented and tested is exactly what stands here.
//
// Owns: the list. Does not own: any method (one file each under methods/). Left out on purpose, with the reason in
// README.md: signing methods, mining, engine_*, eth_simulateV1, JavaScript tracers.
// Invariant: names are unique; a method that is not in the table is answered with -32601.

import { web3ClientVersion } from './methods/web3_clientVersion.ts';
import { web3Sha3 } from './methods/web3_sha3.ts';
import { netListening } from './methods/net_listening.ts';
import { netPeerCount } from './methods/net_peerCount.ts';
import { netVersion } from './methods/net_version.ts';
import { ethAccounts } from './methods/eth_accounts.ts';
import { ethBlobBaseFee } from './methods/eth_blobBaseFee.ts';
import { ethBlockNumber } from './methods/eth_blockNumber.ts';
import { ethCall } from './methods/eth_call.ts';
import { ethChainId } from './methods/eth_chainId.ts';
import { ethCreateAccessList } from './methods/eth_createAccessList.ts';
import { ethEstimateGas } from './methods/eth_estimateGas.ts';
import { ethFeeHistory } from './methods/eth_feeHistory.ts';
import { ethFillTransaction } from './methods/eth_fillTransaction.ts';
import { ethGasPrice } from './methods/eth_gasPrice.ts';
import { ethGetBalance } from './methods/eth_getBalance.ts';
import { ethGetBlockByHash } from './methods/eth_getBlockByHash.ts';
import { ethGetBlockByNumber } from './methods/eth_getBlockByNumber.ts';
import { ethGetBlockReceipts } from './methods/eth_getBlockReceipts.ts';
import { ethGetBlockTransactionCountByHash } from './methods/eth_getBlockTransactionCountByHash.ts';
import { ethGetBlockTransactionCountByNumber } from './methods/eth_getBlockTransactionCountByNumber.ts';
import { ethGetCode } from './methods/eth_getCode.ts';
import { ethGetFilterChanges } from './methods/eth_getFilterChanges.ts';
import { ethGetFilterLogs } from './methods/eth_getFilterLogs.ts';
import { ethGetHeaderByHash } from './methods/eth_getHeaderByHash.ts';
import { ethGetHeaderByNumber } from './methods/eth_getHeaderByNumber.ts';
import { ethGetLogs } from './methods/eth_getLogs.ts';
import { ethGetProof } from './methods/eth_getProof.ts';
import { ethGetStorageAt } from './methods/eth_getStorageAt.ts';
import { ethGetTransactionByBlockHashAndIndex } from './methods/eth_getTransactionByBlockHashAndIndex.ts';
import { ethGetTransactionByBlockNumberAndIndex } from './methods/eth_getTransactionByBlockNumberAndIndex.ts';
import { ethGetTransactionByHash } from './methods/eth_getTransactionByHash.ts';
import { ethGetTransactionCount } from './methods/eth_getTransactionCount.ts';
import { ethGetTransactionReceipt } from './methods/eth_getTransactionReceipt.ts';
import { ethGetUncleCountByBlockHash } from './methods/eth_getUncleCountByBlockHash.ts';
import { ethGetUncleCountByBlockNumber } from './methods/eth_getUncleCountByBlockNumber.ts';
import { ethMaxPriorityFeePerGas } from './methods/eth_maxPriorityFeePerGas.ts';
import { ethNewBlockFilter } from './methods/eth_newBlockFilter.ts';
import { ethNewFilter } from './methods/eth_newFilter.ts';
import { ethNewPendingTransactionFilter } from './methods/eth_newPendingTransactionFilter.ts';
import { ethSendRawTransaction } from './methods/eth_sendRawTransaction.ts';
import { ethSendRawTransactionSync } from './methods/eth_sendRawTransactionSync.ts';
import { ethSimulateV1 } from './methods/eth_simulateV1.ts';
import { ethSubscribe } from './methods/eth_subscribe.ts';
import { ethSyncing } from './methods/eth_syncing.ts';
import { ethUninstallFilter } from './methods/eth_uninstallFilter.ts';
import { ethUnsubscribe } from './methods/eth_unsubscribe.ts';
import { debugGetRawBlock } from './methods/debug_getRawBlock.ts';
import { debugGetRawHeader } from './methods/debug_getRawHeader.ts';
import { debugGetRawReceipts } from './methods/debug_getRawReceipts.ts';
import { debugGetRawTransaction } from './methods/debug_getRawTransaction.ts';
import { debugTraceBlockByHash } from './methods/debug_traceBlockByHash.ts';
import { debugTraceBlockByNumber } from './methods/debug_traceBlockByNumber.ts';
import { debugTraceCall } from './methods/debug_traceCall.ts';
import { debugTraceTransaction } from './methods/debug_traceTransaction.ts';
import { txpoolContent } from './methods/txpool_content.ts';
import { txpoolContentFrom } from './methods/txpool_contentFrom.ts';
import { txpoolInspect } from './methods/txpool_inspect.ts';
import { txpoolStatus } from './methods/txpool_status.ts';
import { keyfallBatch } from './methods/keyfall_batch.ts';
import { keyfallBlockBatch } from './methods/keyfall_blockBatch.ts';
import { keyfallChain } from './methods/keyfall_chain.ts';
import { keyfallEstimateFees } from './methods/keyfall_estimateFees.ts';
import { keyfallEstimateZkGas } from './methods/keyfall_estimateZkGas.ts';
import { keyfallMessage } from './methods/keyfall_message.ts';
import { keyfallPendingBatches } from './methods/keyfall_pendingBatches.ts';
import { keyfallWithdrawalProof } from './methods/keyfall_withdrawalProof.ts';
import type { Method } from './node.ts';

export const METHODS: readonly Method[] = [
  web3ClientVersion, web3Sha3, netListening, netPeerCount, netVersion, ethAccounts, ethBlobBaseFee, ethBlockNumber, ethCall,
  ethChainId, ethCreateAccessList, ethEstimateGas, ethFeeHistory, ethFillTransaction, ethGasPrice, ethGetBalance, ethGetBlockByHash,
  ethGetBlockByNumber, ethGetBlockReceipts, ethGetBlockTransactionCountByHash, ethGetBlockTransactionCountByNumber, ethGetCode,
  ethGetFilterChanges, ethGetFilterLogs, ethGetHeaderByHash, ethGetHeaderByNumber, ethGetLogs, ethGetProof, ethGetStorageAt, ethGetTransactionByBlockHashAndIndex,
  ethGetTransactionByBlockNumberAndIndex, ethGetTransactionByHash, ethGetTransactionCount, ethGetTransactionReceipt,
  ethGetUncleCountByBlockHash, ethGetUncleCountByBlockNumber, ethMaxPriorityFeePerGas, ethNewBlockFilter, ethNewFilter,
  ethNewPendingTransactionFilter, ethSendRawTransaction, ethSendRawTransactionSync, ethSimulateV1, ethSubscribe, ethSyncing, ethUninstallFilter, ethUnsubscribe,
  debugGetRawBlock, debugGetRawHeader, debugGetRawReceipts, debugGetRawTransaction, debugTraceBlockByHash, debugTraceBlockByNumber,
  debugTraceCall, debugTraceTransaction, txpoolContent, txpoolContentFrom, txpoolInspect, txpoolStatus, keyfallBatch,
  keyfallBlockBatch, keyfallChain, keyfallEstimateFees, keyfallEstimateZkGas, keyfallMessage, keyfallPendingBatches,
  keyfallWithdrawalProof,
];
