/**
 * Takes the kernel proper out of a bzImage. Started directly (PVH), it spares the emulated processor the decompression,
 * which takes longer than all the rest of the boot.
 */

// Documentation/arch/x86/boot.rst
const SETUP_SECTORS = 0x1f1
const PAYLOAD_OFFSET = 0x248
const PAYLOAD_LENGTH = 0x24c
const SECTOR_BYTES = 512
const UNCOMPRESSED_SIZE_BYTES = 4
const XZ_MAGIC = Buffer.from('fd377a585a00', 'hex')

/**
 * The kernel as an xz stream, if that is how it was compressed.
 *
 * @param {Buffer} image
 * @returns {Buffer | undefined}
 */
export function xzPayload(image) {
  const start = (image.readUInt8(SETUP_SECTORS) + 1) * SECTOR_BYTES + image.readUInt32LE(PAYLOAD_OFFSET)
  const end = start + image.readUInt32LE(PAYLOAD_LENGTH) - UNCOMPRESSED_SIZE_BYTES
  const payload = image.subarray(start, end)
  return payload.subarray(0, XZ_MAGIC.length).equals(XZ_MAGIC) ? payload : undefined
}
