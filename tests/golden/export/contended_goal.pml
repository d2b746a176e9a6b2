/* test (p=2)

   spin -o2 -a FILE; cc -O2 -DNOREDUCE -DNFAIR=2 pan.c -o pan; ./pan -a -f -m10000000
   looks for an acceptance cycle that is weakly fair to every process. Unlike svmcheck it does not
   assume that lock hand-overs and choices are strongly fair: an error may be one that svmcheck
   rules out, while without errors the property holds under either. Who rests may take empty steps.
   Not asked for here: invalid end state. */

byte lock;
byte at[2] = {0, 0};

active proctype p_0()
{
L0:  /* wait */
    if
    :: d_step { (lock == 0) -> lock = 1; at[0] = 1 } goto L1  /* wait to in */
    fi;
L1:  /* in */
    if
    :: d_step { true -> lock = 0; at[0] = 0 } goto L0  /* in to wait */
    fi
}

active proctype p_1()
{
L0:  /* wait */
    if
    :: d_step { (lock == 0) -> lock = 1; at[1] = 1 } goto L1  /* wait to in */
    fi;
L1:  /* in */
    if
    :: d_step { true -> lock = 0; at[1] = 0 } goto L0  /* in to wait */
    fi
}

never
{
owing_nothing:
    do
    :: true
    :: (at[0] == 0) -> goto accept_0
    :: (at[1] == 0) -> goto accept_1
    od;
accept_0:
    do
    :: (at[0] == 0)
    od;
accept_1:
    do
    :: (at[1] == 0)
    od
}
