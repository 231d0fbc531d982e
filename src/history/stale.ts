/** As in the original: how long a heartbeat is good for, and how long a run is believed that never had one. */
export const heartbeatMinutes = 5;
export const noHeartbeatHours = 24;
