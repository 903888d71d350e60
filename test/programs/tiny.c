/*
 * Ends at once: the cheapest program there is to run. Where this file knows how the machine ends a
 * process it needs no C library (link it "bare"), and nothing happens before its first instruction.
 */
#if defined(__x86_64__)
__asm__(".globl _start\n_start: mov $231, %eax\n xor %edi, %edi\n syscall");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: mov x8, #94\n mov x0, #0\n svc #0");
#elif defined(__riscv) && __riscv_xlen == 64
__asm__(".globl _start\n_start: li a7, 94\n li a0, 0\n ecall");
#else
int main(void)
{
	return 0;
}
#endif
