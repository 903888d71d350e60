/* What load-again and load-often load: something of each kind of segment. */
static int zeros[8192];
int values[8] = { 1 };

int sum(void)
{
	int total = 0;

	for (int i = 0; i < 8; i++)
		total += values[i] + zeros[i];
	return total;
}
