/** GUIDs as they lie in a file, and the names of those that are met often. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
/** The first three groups of digits are numbers, so their bytes lie backwards. */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
const GROUPS = [4, 2, 2, 2, 6]

/** `22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716`. */
export function guidAt(bytes: Uint8Array, at: number): string {
  let index = 0
  const groups = GROUPS.map((length) => {
    let digits = ''
    for (let i = 0; i < length; i++) digits += HEX[bytes[at + ORDER[index++]!]!]
    return digits
  })
  return groups.join('-')
}

/** Of a kernel group that no class stands for. */
export const NO_GUID = '00000000-0000-0000-0000-000000000000'

/** Classes of kernel events by the names of their MOF schema, others by the names that they are registered with. */
const NAMES: Record<string, string> = {
  '3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c': 'Process',
  '3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c': 'Thread',
  '3d6fa8d3-fe05-11d0-9dda-00c04fd7ba7c': 'PageFault',
  '3d6fa8d4-fe05-11d0-9dda-00c04fd7ba7c': 'DiskIo',
  '2cb15d1d-5fc1-11d2-abe1-00a0c911f518': 'Image',
  '89497f50-effe-4440-8cf2-ce6b1cdcaca7': 'ObTrace',
  '90cbdc39-4a3e-11d1-84f4-0000f80464e3': 'FileIo',
  '68fdd900-4a3e-11d1-84f4-0000f80464e3': 'EventTrace',
  '01853a65-418f-4f36-aefc-dc0f1d2fd235': 'SystemConfig',
  '9a280ac0-c8e0-11d1-84e2-00c04fb998a2': 'TcpIp',
  'bf3a50c5-a9c9-4988-a005-2df0b7c80f80': 'UdpIp',
  'ae53722e-c863-11d2-8659-00c04fa321a1': 'Registry',
  '3282fc76-feed-498e-8aa7-e70f459d430e': 'Job',
  '0268a8b6-74fd-4302-9dd0-6e8f1795c0cf': 'Pool',
  'ce1dbfb4-137e-4da6-87b0-3f59aa102cbc': 'PerfInfo',
  '222962ab-6180-4b88-a825-346b75f2a24a': 'Heap',
  'e43445e0-0903-48c3-b878-ff0fccebdd04': 'Power',
  '3ac66736-cc59-4cff-8115-8df50e39816b': 'CritSec',
  'def2fe46-7bd6-4b80-bd94-f57fe20d0ce3': 'StackWalk',
  '45d8cccd-539f-4b72-a8b7-5c683142609a': 'ALPC',
  'd837ca92-12b9-44a5-ad6a-3a65b3578aa8': 'SplitIo',
  'c861d0e2-a2c1-4d36-9f9c-970bab943a12': 'ThreadPool',
  '6a399ae0-4bc6-4de9-870b-3657f8947e7e': 'RT_LostEvent',
  '9b79ee91-b5fd-41c0-a243-4248e266e9d0': 'KernelTraceControl-SystemConfig',
  'b3e675d7-2554-4f18-830b-2762732560de': 'KernelTraceControl-ImageID',
  '22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716': 'Microsoft-Windows-Kernel-Process',
  'e02a841c-75a3-4fa7-afc8-ae09cf9b7f23': 'Microsoft-Windows-Kernel-Audit-API-Calls',
  'edd08927-9cc4-4e65-b970-c2560fb5c289': 'Microsoft-Windows-Kernel-File',
  '7dd42a49-5329-4832-8dfd-43d979153a88': 'Microsoft-Windows-Kernel-Network',
  '70eb4f03-c1de-4f73-a051-33d13d5413bd': 'Microsoft-Windows-Kernel-Registry',
  'b675ec37-bdb6-4648-bc92-f3fdc74d3ca2': 'Microsoft-Windows-Kernel-EventTracing',
  'f4e1897c-bb5d-5668-f1d8-040f4d8dd344': 'Microsoft-Windows-Threat-Intelligence',
  'a0c1853b-5c40-4b15-8766-3cf1c58f985a': 'Microsoft-Windows-PowerShell',
  '2a576b87-09a7-520e-c21a-4942f0271d67': 'Microsoft-Antimalware-Scan-Interface',
  'e13c0d23-ccbc-4e12-931b-d9cc2eee27e4': 'Microsoft-Windows-DotNETRuntime',
  'a669021c-c450-4609-a035-5af59af4df18': 'Microsoft-Windows-DotNETRuntimeRundown',
  '1c95126e-7eea-49a9-a3fe-a378b03ddb4d': 'Microsoft-Windows-DNS-Client',
  'dd5ef90a-6398-47a4-ad34-4dcecdef795f': 'Microsoft-Windows-HttpService',
  '1418ef04-b0b4-4623-bf7e-d74ab47bbdaa': 'Microsoft-Windows-WMI-Activity',
  '6ad52b32-d609-4be9-ae07-ce8dae937e39': 'Microsoft-Windows-RPC',
  '54849625-5478-4994-a5ba-3e3b0328c30d': 'Microsoft-Windows-Security-Auditing',
}

/** Its name, or itself in braces; a kernel group without a class is called by the number of its hook. */
export function providerName(guid: string, hook: number): string {
  if (guid === NO_GUID) return `kernel group 0x${HEX[hook >>> 8]}`
  return NAMES[guid] ?? `{${guid}}`
}
