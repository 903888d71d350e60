/* Says whether this kernel takes calls of 32-bit programs: "yes", "no", or nothing where it ends the program. */
#include <stdio.h>
#include <string.h>

#include "call-32.h"

enum { CALL_32_GETPID = 20 };

int main(void)
{
	puts(call_32(CALL_32_GETPID, 0, 0, 0, 0, 0) == getpid() ? "yes" : "no");
	return 0;
}
